import { JamdevError } from './jamdev-error.js';
import { quote } from './quote.js';

/** Requests that can't be read or understood, and faults of the server itself. */
export const requestErrors = {
  invalidJson: (detail: string) =>
    new JamdevError('InvalidJson', `The request body is not valid JSON: ${detail}.`, 'Send a JSON object, or no body.'),
  bodyNotObject: (got: string) =>
    new JamdevError('InvalidRequest', `The request body must be a JSON object, not ${got}.`, 'Send {} or no body.'),
  invalidField: (path: string, detail: string) => new JamdevError('InvalidRequest', `"${path}" ${detail}.`),
  bodyTooLarge: (limitBytes: number) =>
    new JamdevError('BodyTooLarge', `The request body is larger than ${limitBytes} bytes.`, 'Send less.'),
  bodyUnreadable: (detail: string) =>
    new JamdevError('InvalidRequest', `The request body could not be read: ${detail}.`, 'Send plain JSON in UTF-8.'),
  requestUnreadable: (detail: string) =>
    new JamdevError(
      'InvalidRequest',
      `The request could not be read as HTTP: ${detail}.`,
      'Send a content-length in bytes. The jamsocket command counts characters, so it can send ASCII only; jamdev connect takes any.',
    ),
  requestNotHttp: (detail: string) =>
    new JamdevError('InvalidRequest', `The request is not valid HTTP/1.1: ${detail}.`, 'Fix the client that sent it.'),
  requestHeadersTooLarge: (limitBytes: number) =>
    new JamdevError(
      'HeadersTooLarge',
      `The request line and headers that the client sent are larger than ${limitBytes / 1024} KiB.`,
      'Send less: a large cookie is the usual reason. On localhost, the apps on all ports share their cookies.',
    ),
  targetTooLong: (bytes: number, limitBytes: number) =>
    new JamdevError(
      'TargetTooLong',
      `The URL of the request has ${bytes} bytes behind the host; the platform takes ${limitBytes}.`,
      'Send what is long in a body.',
    ),
  tooMuchBeforeUpgrade: () =>
    new JamdevError(
      'BodyTooLarge',
      'The client sent more than 64 KiB before its upgrade was answered.',
      'Wait for the answer (101) before sending.',
    ),
  requestTimeout: () =>
    new JamdevError('RequestTimeout', 'The headers of the request did not arrive within a minute.', 'Send it again.'),
  chunkExtensionsTooLarge: () =>
    new JamdevError('BodyTooLarge', 'The chunk extensions of the request body are larger than 16 KiB.', 'Send fewer.'),
  pathUnreadable: (detail: string) =>
    new JamdevError('InvalidRequest', `The path could not be read: ${detail}.`, 'Encode it as UTF-8, "%" as %25.'),
  routeNotFound: (method: string, path: string) =>
    new JamdevError(
      'RouteNotFound',
      `There is no endpoint ${method} ${quote(path)}.`,
      'See /openapi.json for all endpoints.',
    ),
  methodNotAllowed: (method: string, path: string, allowed: readonly string[]) =>
    new JamdevError('MethodNotAllowed', `${quote(path)} does not take ${method}.`, `Use ${allowed.join(' or ')}.`),
  internal: () =>
    new JamdevError('Internal', 'Something went wrong inside jamdev.', "Look for this id in the dev server's output."),
  shuttingDown: () =>
    new JamdevError('ShuttingDown', 'The dev server is stopping.', 'Start it again, and repeat the request.'),
};
