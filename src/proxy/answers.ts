import { randomBytes } from 'node:crypto';
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { errorBody, type JamdevError } from '../contract/errors.js';
import { isLoopbackOrigin } from '../contract/hosts.js';
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
 * Whether whoever asks may see what a backend printed: a page from elsewhere may not, as with the API's logs. Its
 * origin gives it away; one whose own host was made to lead here sends none, but was refused for its host.
 */
function maySeeOutput({ headers }: IncomingMessage): boolean {
  return headers.origin === undefined || isLoopbackOrigin(headers.origin);
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
