import type { IncomingMessage } from 'node:http';
import { identifyCaller } from '../contract/callers.js';
import { errorBody } from '../contract/errors/error-body.js';
import { type ErrorCode, RETRY_AFTER_SECONDS } from '../contract/errors/error-codes.js';
import type { JamdevError } from '../contract/errors/jamdev-error.js';
import { noteHandled } from '../os/debug/debug-log.js';
import { renderErrorPage } from '../pages/error-page.js';
import { preferredForm } from '../pages/preferred-form.js';
import type { Backend } from '../platform/backend.js';
import { explainEnd } from '../platform/explain-backend.js';
import type { Exchange } from './exchange.js';
import { addOwnHeaders } from './response-headers.js';

interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/**
 * Answers with one of the proxy's own errors, as a page or as JSON. If an answer has already begun, the connection is
 * destroyed instead.
 */
export function answerError(exchange: Exchange, error: JamdevError): void {
  const { request, response } = exchange;
  if (exchange.isAnswered) return;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  noteHandled('proxy', `${request.method} ${exchange.target} is answered with an error (id ${exchange.id})`, error);
  const { status, headers, body } = makeAnswer(exchange, error);
  const bytes = Buffer.from(request.method === 'OPTIONS' ? '' : body);
  if (status !== 204) headers['content-length'] = String(bytes.length);
  const retryAfter = RETRY_AFTER_SECONDS[error.code];
  if (retryAfter !== undefined) headers['retry-after'] = String(retryAfter);
  if (exchange.endsConnection) response.shouldKeepAlive = false;
  const lines = Object.entries(headers).flat();
  addOwnHeaders(lines, exchange.signature);
  // Drains what is left of the body: a client that is still sending would otherwise never read the answer.
  request.resume();
  response.writeHead(status, lines);
  response.end(bytes);
}

/** Answers that a backend has ended or is ending: when, why, and its last output. */
export function answerEnded(exchange: Exchange, backend: Backend): void {
  answerError(exchange, explainEnd(backend, maySeeOutput(exchange.request)));
}

/**
 * Whether the answer may show what a backend printed. As with the API's logs, only pages of the user's own front end
 * may read it, not other pages. Pages of backends have the same origin as the proxy; the requests they make carry no
 * Origin, but their destination is not a document that a person opens.
 */
function maySeeOutput({ headers, socket }: IncomingMessage): boolean {
  const { origin, 'sec-fetch-dest': destination = 'document' } = headers;
  if (origin === undefined) return destination === 'document';
  return identifyCaller({ origin }, ({ port }) => port === socket.localPort).kind === 'own-page';
}

/** Errors of requests that are never sent by the user's own pages; their preflight is refused as well. */
const REFUSED_TO_BROWSERS = new Set<ErrorCode>(['HostNotAllowed', 'InvalidRequest']);

function makeAnswer({ request, id }: Exchange, error: JamdevError): Answer {
  // A browser shows an error to a page only if the preflight succeeded.
  const preflight = request.method === 'OPTIONS' && 'access-control-request-method' in request.headers;
  if (preflight && !REFUSED_TO_BROWSERS.has(error.code)) return { status: 204, headers: {}, body: '' };
  if (preferredForm(request.headers.accept, 'json') === 'html') {
    // Browsers may automatically repeat GET requests only.
    const page = renderErrorPage(error, id, request.method === 'GET' ? RETRY_AFTER_SECONDS[error.code] : undefined);
    return { status: error.status, ...page };
  }
  return {
    status: error.status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' },
    body: JSON.stringify(errorBody(error, id)),
  };
}
