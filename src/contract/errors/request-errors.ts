import { JamdevError } from './jamdev-error.js';
import { quote } from './quote.js';

/** Errors of malformed requests, and internal errors of the server. */
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
      'Send a content-length in bytes. The jamsocket command counts characters, so it can send ASCII only; jamdev connect can send any text.',
    ),
  requestNotHttp: (detail: string) =>
    new JamdevError('InvalidRequest', `The request is not valid HTTP/1.1: ${detail}.`, 'Fix the client that sent it.'),
  requestHeadersTooLarge: (limitBytes: number) =>
    new JamdevError(
      'HeadersTooLarge',
      `The client sent a request line and headers larger than ${limitBytes / 1024} KiB.`,
      'Send less. The usual cause is a large cookie: on localhost, the apps on all ports share their cookies.',
    ),
  targetTooLong: (bytes: number, limitBytes: number) =>
    new JamdevError(
      'TargetTooLong',
      `The URL of the request has ${bytes} bytes after the host; the platform accepts ${limitBytes}.`,
      'Send long data in the body.',
    ),
  tooMuchBeforeUpgrade: () =>
    new JamdevError(
      'BodyTooLarge',
      'The client sent more than 64 KiB before its upgrade was answered.',
      'Wait for the response (101) before sending.',
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
      '/openapi.json lists all endpoints.',
    ),
  methodNotAllowed: (method: string, path: string, allowed: readonly string[]) =>
    new JamdevError('MethodNotAllowed', `${quote(path)} does not support ${method}.`, `Use ${allowed.join(' or ')}.`),
  internal: () =>
    new JamdevError(
      'Internal',
      'An internal error occurred in jamdev.',
      "Look for this id in the dev server's output.",
    ),
  shuttingDown: () =>
    new JamdevError('ShuttingDown', 'The dev server is stopping.', 'Start it again, and repeat the request.'),
};
