import type { ClientRequest, RequestOptions } from 'node:http';
import type { Socket } from 'node:net';
import { backendErrors } from '../contract/errors/backend-errors.js';
import { requestErrors } from '../contract/errors/request-errors.js';
import { MAX_PROXIED_HEAD_BYTES } from '../contract/limits.js';
import { answerError } from './answers.js';
import { type Destination, openBackendSocket } from './backend-connection.js';
import type { BackendConnections } from './backend-connections.js';
import { BackendRequest } from './backend-request.js';
import type { Exchange } from './exchange.js';
import { type AttemptError, answerFailedAttempt } from './failed-attempt.js';
import { passOnAnswer } from './pass-on-answer.js';
import type { PooledSocket } from './pooled-socket.js';
import { announcesBody } from './upgrade-offer.js';
import { uploadBody } from './upload.js';

/** A request as it is sent to the backend. */
export interface SentRequest {
  destination: Destination;
  /** The path and query. */
  path: string;
  /** The headers: name, value, name, value. */
  headers: string[];
}

/** How a request is sent. */
export interface Attempt {
  /** Whether the request was sent before, on a connection that turned out to be closed. */
  isRepeated?: boolean;
  /** The connection on which the request was already sent and the answer arrives. */
  connection?: PooledSocket;
}

/** Sends a client's request to the backend, and the answer back to the client. */
export function sendRequest(
  exchange: Exchange,
  sent: SentRequest,
  connections: BackendConnections,
  { isRepeated = false, connection }: Attempt = {},
): void {
  const { request, response } = exchange;
  // The other idle connections may be stale as well, so the second attempt opens a new one.
  const way = isRepeated
    ? { createConnection: () => openBackendSocket(sent.destination, false) }
    : { agent: connections, ...(connection === undefined ? {} : { connection }) };
  const outgoing = openRequest(exchange, sent, way);
  if (outgoing === undefined) return;
  /** The number of bytes that had been read from the connection before this request. */
  let bytesBefore = 0;
  outgoing.on(
    'response',
    exchange.guard((incoming) => passOnAnswer(exchange, incoming, outgoing)),
  );
  outgoing.on(
    'upgrade',
    exchange.guard((_incoming, socket) => {
      socket.destroy();
      const detail = 'it switches protocols (101), but the client did not request an upgrade';
      answerError(exchange, backendErrors.backendAnswerInvalid(exchange.backendId, detail));
    }),
  );
  outgoing.on(
    'error',
    exchange.guard((error: AttemptError) => {
      if (!isRepeated && isStaleConnection(exchange, outgoing, bytesBefore, error))
        sendRequest(exchange, sent, connections, { isRepeated: true });
      else answerFailedAttempt(exchange, error);
    }),
  );
  exchange.whenOver(() => {
    if (!response.writableFinished || !request.complete) outgoing.destroy();
  });
  // The body is sent only after the connection is assigned: Node.js takes a slower path for data written earlier.
  outgoing.once(
    'socket',
    exchange.guard((socket: Socket) => {
      bytesBefore = socket.bytesRead;
      if (isRepeated) outgoing.end();
      else uploadBody(exchange, outgoing);
    }),
  );
}

/**
 * Creates a request to a backend without sending it. @returns undefined if Node.js can't write it; the client is then
 * answered with an error
 */
export function openRequest(
  exchange: Exchange,
  { destination, path, headers }: SentRequest,
  connection: Pick<RequestOptions, 'agent' | 'createConnection'> & Pick<Attempt, 'connection'>,
): ClientRequest | undefined {
  const { method } = exchange.request;
  try {
    return new BackendRequest({
      ...destination,
      ...connection,
      method,
      path,
      headers,
      maxHeaderSize: MAX_PROXIED_HEAD_BYTES,
    });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    answerError(exchange, requestErrors.requestNotHttp(error.message));
    return undefined;
  }
}

/**
 * Whether a request failed because the backend closed an idle connection at the moment of sending. Such a request never
 * reached the backend, unless part of an answer has arrived.
 */
function isStaleConnection(
  exchange: Exchange,
  outgoing: ClientRequest,
  bytesBefore: number,
  { code }: AttemptError,
): boolean {
  if (!outgoing.reusedSocket || outgoing.socket === null || outgoing.socket.bytesRead > bytesBefore) return false;
  return isRepeatable(exchange, code);
}

/**
 * Whether a request that failed on a reused connection is sent again: only if it is safe to repeat and has no body,
 * which would have been consumed already.
 */
export function isRepeatable({ request, response }: Exchange, code: string | undefined): boolean {
  if (code !== 'ECONNRESET' && code !== 'EPIPE') return false;
  const isSafe = request.method === 'GET' || request.method === 'HEAD';
  return isSafe && !announcesBody(request) && !response.headersSent && !response.destroyed;
}
