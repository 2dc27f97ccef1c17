import { JamdevError } from './jamdev-error.js';
import { quote } from './quote.js';

/** Errors about backends and their answers. */
export const backendErrors = {
  backendNotFound: (id: string) =>
    new JamdevError('BackendNotFound', `There is no backend ${quote(id)}.`, 'To list the backends: npx jamdev list'),
  backendNotRunning: (id: string) =>
    new JamdevError('BackendNotRunning', `The backend "${id}" has already terminated.`, 'There is nothing to do.'),
  backendEnded: (id: string, why: string, lastLines: readonly string[] = []) =>
    new JamdevError(
      'BackendEnded',
      `The backend "${id}" has ended: ${why}.`,
      `Connect again to get a new one. Full log: npx jamdev logs ${id}`,
      lastLines,
    ),
  backendAnswerInvalid: (id: string, detail: string) =>
    new JamdevError(
      'BackendAnswerInvalid',
      `The response of the backend "${id}" is not valid HTTP/1.1: ${detail}.`,
      `Fix the response in the backend. To see its output: npx jamdev logs ${id}`,
    ),
  backendHeadersTooLarge: (id: string, limitBytes: number) =>
    new JamdevError(
      'BackendAnswerInvalid',
      `The response headers of the backend "${id}" are larger than ${limitBytes / 1024} KiB.`,
      'Send less. The usual cause is many or large Set-Cookie headers.',
    ),
  backendUnreachable: (id: string, detail: string, explanation = '') =>
    new JamdevError(
      'BackendUnreachable',
      `The backend "${id}" does not answer on its port (${detail}).${explanation === '' ? '' : ` ${explanation}`}`,
      `To see its output: npx jamdev logs ${id}`,
    ),
  backendNotReady: (id: string, reason: string) =>
    new JamdevError('BackendNotReady', `The backend "${id}" is not ready.`, `${reason} jamdev keeps waiting.`),
  backendReplaced: (id: string, build: number) =>
    new JamdevError(
      'BackendReplaced',
      `The process of the backend "${id}" was replaced by build ${build} before it answered.`,
      'Send the request again. The old process may already have handled a part of it.',
    ),
  heldByRequests: (idleSeconds: number) =>
    new JamdevError(
      'NotSupported',
      `Only plain requests, such as an event stream, have kept this session alive for ${idleSeconds} s. Plane would sweep it now: there, only upgraded connections (WebSockets) keep a session alive.`,
      'Keep a WebSocket open, send requests more often, or set a longer "max_idle_seconds".',
    ),
  noLogs: (name: string) =>
    new JamdevError(
      'BackendNotFound',
      `There are no logs of a backend or key ${quote(name)}.`,
      'To list the backends: npx jamdev list',
    ),
  noCrash: (name: string) =>
    new JamdevError(
      'BackendNotFound',
      `No backend with the id or key ${quote(name)} has crashed.`,
      'To list all backends: npx jamdev list --all',
    ),
  /** @param holders the backends that hold the key; `project` is set if several projects were searched */
  ambiguousName: (name: string, holders: readonly { id: string; service: string; project?: string | undefined }[]) => {
    const places = holders.map(
      ({ id, service, project }) => `${id} of service "${service}"${project === undefined ? '' : ` in ${project}`}`,
    );
    return new JamdevError(
      'InvalidRequest',
      `The key ${quote(name)} is held by ${holders.length} backends: ${places.join(', ')}.`,
      new Set(holders.map(({ service }) => service)).size === holders.length
        ? // The key of another backend may look like SERVICE/KEY. An id is unambiguous.
          `Use an id instead of the key, such as ${quote(`${holders[0]?.id}`)}, or SERVICE/KEY.`
        : 'Use the id instead of the key.',
    );
  },
  noBackendFor: (name: string) =>
    new JamdevError(
      'BackendNotFound',
      `There is no backend with the id or key ${quote(name)}.`,
      'To list the backends: npx jamdev list',
    ),
};
