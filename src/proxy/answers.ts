import { randomBytes } from 'node:crypto';
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { identifyCaller } from '../contract/callers.js';
import { errorBody, type JamdevError } from '../contract/errors.js';
import { renderErrorPage } from '../pages/error-page.js';
import { preferredForm } from '../pages/preferred-form.js';
import type { Backend } from '../platform/backend.js';
import { explainEnd } from '../platform/explain-backend.js';
import { addCorsHeaders } from './headers.js';

/** Whom to answer: a request, or a socket that asked for an upgrade and has no response object. */
export type Answerable = ServerResponse | Socket;

interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/**
 * Answers with an error of the proxy's own, as a page or as JSON, unless an answer has already begun: then the
 * connection is cut.
 * @param backendId the backend that it is about, if any
 */
export function answerError(request: IncomingMessage, to: Answerable, error: JamdevError, backendId?: string): void {
  if (to.destroyed || to.writableEnded) return;
  if ('writeHead' in to && to.headersSent) {
    to.destroy();
    return;
  }
  const { status, headers, body } = makeAnswer(request, error);
  if (backendId !== undefined) headers['x-plane-backend-id'] = backendId;
  addCorsHeaders(headers);
  const bytes = request.method === 'OPTIONS' ? '' : body;
  if (status !== 204) headers['content-length'] = String(Buffer.byteLength(bytes));
  if ('writeHead' in to) {
    discardBody(request, headers);
    to.writeHead(status, headers);
    to.end(bytes);
  } else {
    const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const sent = request.method === 'HEAD' ? '' : bytes;
    to.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head.join('')}connection: close\r\n\r\n${sent}`);
  }
}

/** Answers that a backend is gone, or on its way: when, why, and what it printed last. */
export function answerEnded(request: IncomingMessage, to: Answerable, backend: Backend): void {
  answerError(request, to, explainEnd(backend, maySeeOutput(request)), backend.id);
}

/**
 * Whether the answer may show what a backend printed. As with the API's logs, no page may read it but one of the user's
 * own front end. Pages of backends come from the very port that was asked; what they load from there has no Origin, but
 * it is no document that a person opens.
 */
function maySeeOutput({ headers, socket }: IncomingMessage): boolean {
  const { origin, 'sec-fetch-dest': destination = 'document' } = headers;
  if (origin === undefined) return destination === 'document';
  return identifyCaller({ origin }, ({ port }) => port === socket.localPort).kind === 'own-page';
}

function makeAnswer(request: IncomingMessage, error: JamdevError): Answer {
  // A browser shows a page the error only if its question beforehand went well.
  const preflight = request.method === 'OPTIONS' && 'access-control-request-method' in request.headers;
  if (preflight && error.code !== 'HostNotAllowed') return { status: 204, headers: {}, body: '' };
  const id = randomBytes(6).toString('hex');
  if (preferredForm(request.headers.accept, 'json') === 'html') {
    const page = renderErrorPage(error, id);
    return { status: error.status, ...page };
  }
  return {
    status: error.status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' },
    body: JSON.stringify(errorBody(error, id)),
  };
}

/** A body nobody reads would block the connection for the next request on it. */
function discardBody(request: IncomingMessage, headers: Record<string, string>): void {
  const announced = 'transfer-encoding' in request.headers || Number(request.headers['content-length'] ?? 0) > 0;
  if (!announced || request.complete) return;
  headers.connection = 'close';
  request.resume();
}
