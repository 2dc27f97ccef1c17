import { randomBytes } from 'node:crypto';
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { errorBody, type JamdevError, problem } from '../contract/errors.js';
import type { Backend } from '../platform/backend.js';

/** Whom to answer: a request, or a socket that asked for an upgrade and has no response object. */
export type Answerable = ServerResponse | Socket;

/** Answers with an error of the proxy's own, unless an answer has already begun: then the connection is cut. */
export function answerError(to: Answerable, error: JamdevError, extraHeaders: [string, string][] = []): void {
  const body = JSON.stringify(errorBody(error, randomBytes(6).toString('hex')));
  const headers: [string, string][] = [
    ['content-type', 'application/json'],
    ['access-control-allow-origin', '*'],
    ['content-length', String(Buffer.byteLength(body))],
    ['cache-control', 'no-store'],
    ...extraHeaders,
  ];
  if ('writeHead' in to) {
    if (to.headersSent) {
      to.destroy();
      return;
    }
    for (const [name, value] of headers) to.setHeader(name, value);
    to.statusCode = error.status;
    discardBody(to.req, to);
    to.end(body);
  } else if (to.writable) {
    const head = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    to.end(`HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}\r\n${head}connection: close\r\n\r\n${body}`);
  }
}

/** A body nobody reads would block the connection for the next request on it. */
function discardBody(request: IncomingMessage, response: ServerResponse): void {
  if (request.complete) return;
  response.setHeader('connection', 'close');
  request.resume();
}

/** The answer to a token whose backend is gone: why, and since when. */
export function backendEnded(backend: Backend): JamdevError {
  const { state } = backend;
  if (state.status !== 'terminated') return problem.backendEnded(backend.id, 'it is ending');
  const at = ` at ${state.time.toISOString()}`;
  if (state.reason !== undefined) return problem.backendEnded(backend.id, `${state.reason}${at}`);
  const how = state.exitSignal ?? (state.exitCode === null ? 'it could not be started' : `exit code ${state.exitCode}`);
  return problem.backendEnded(backend.id, `${how}${at}`);
}
