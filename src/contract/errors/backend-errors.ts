import { JamdevError } from './jamdev-error.js';
import { quote } from './quote.js';

/** Backends that are asked for, and what they answer. */
export const backendErrors = {
  backendNotFound: (id: string) =>
    new JamdevError('BackendNotFound', `There is no backend ${quote(id)}.`, 'List the backends: npx jamdev list'),
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
      `The answer of the backend "${id}" is not valid HTTP/1.1: ${detail}.`,
      `Fix what the backend sends. See what it printed: npx jamdev logs ${id}`,
    ),
  backendHeadersTooLarge: (id: string, limitBytes: number) =>
    new JamdevError(
      'BackendAnswerInvalid',
      `The headers of the answer that the backend "${id}" sent are larger than ${limitBytes / 1024} KiB.`,
      'Send less: many or large Set-Cookie headers are the usual reason.',
    ),
  backendUnreachable: (id: string, detail: string, explanation = '') =>
    new JamdevError(
      'BackendUnreachable',
      `The backend "${id}" does not answer on its port (${detail}).${explanation === '' ? '' : ` ${explanation}`}`,
      `See what it printed: npx jamdev logs ${id}`,
    ),
  backendNotReady: (id: string, reason: string) =>
    new JamdevError('BackendNotReady', `The backend "${id}" is not ready.`, `${reason} jamdev keeps waiting for it.`),
  backendReplaced: (id: string, build: number) =>
    new JamdevError(
      'BackendReplaced',
      `The process of the backend "${id}" ended before it answered: build ${build} replaced it.`,
      'Send the request again. The old process may have handled part of it.',
    ),
  heldByRequests: (idleSeconds: number) =>
    new JamdevError(
      'NotSupported',
      `Only plain requests, such as an event stream, have held this session for ${idleSeconds} s. Plane would sweep it now: there only upgraded connections (WebSockets) hold a session.`,
      'Keep a WebSocket open, send a request more often, or set a longer "max_idle_seconds".',
    ),
  noLogs: (name: string) =>
    new JamdevError('BackendNotFound', `There are no logs of a backend or key ${quote(name)}.`, 'See: npx jamdev list'),
  noCrash: (name: string) =>
    new JamdevError(
      'BackendNotFound',
      `No backend with the id or key ${quote(name)} has crashed.`,
      'See: npx jamdev list --all',
    ),
  /** @param holders the backends that hold it; `project`: where, if several projects were asked */
  ambiguousName: (name: string, holders: readonly { id: string; service: string; project?: string | undefined }[]) => {
    const places = holders.map(
      ({ id, service, project }) => `${id} of service "${service}"${project === undefined ? '' : ` in ${project}`}`,
    );
    return new JamdevError(
      'InvalidRequest',
      `The key ${quote(name)} is held by ${holders.length} backends: ${places.join(', ')}.`,
      new Set(holders.map(({ service }) => service)).size === holders.length
        ? // A key of another backend may read like SERVICE/KEY; an id is always meant as such.
          `Use an id in place of the key, such as ${quote(`${holders[0]?.id}`)}, or SERVICE/KEY.`
        : 'Use the id in place of the key.',
    );
  },
  noBackendFor: (name: string) =>
    new JamdevError('BackendNotFound', `There is no backend with id or key ${quote(name)}.`, 'See: npx jamdev list'),
};
