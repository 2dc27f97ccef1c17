import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** How long a connection is still read after its last answer was sent, for a client that continues to send. */
const LINGER_MS = 5_000;

/**
 * How much of a body is read ahead of a backend that is not ready yet, or takes no more: only a connection that is read
 * tells that its client has left.
 */
const MAX_READ_AHEAD_BYTES = 4 * 1024 * 1024;

const LATEST_REQUEST = Symbol('latest request');

/** A client's connection, with the request that came last on it. */
interface ClientSocket extends Socket {
  [LATEST_REQUEST]?: IncomingMessage;
}

/** Prepares a client's connection, once, before anything is read from it. */
export function prepareClientSocket(socket: ClientSocket): void {
  // Node.js writes some heads without naming an encoding. Header values are bytes, held as Latin-1.
  socket.setDefaultEncoding('latin1');
  // Node.js keeps the address from here on; later, when the client may have left, it could not find it out.
  if (socket.remoteAddress === undefined) socket.destroy();
  // Node.js takes it over into the requests on the connection, and has no option for these alone.
  Object.defineProperty(socket, 'readableHighWaterMark', { value: MAX_READ_AHEAD_BYTES });
  const destroySoon = socket.destroySoon.bind(socket);
  // Called by Node.js after an answer that is the last on its connection.
  socket.destroySoon = () => {
    if (socket[LATEST_REQUEST]?.complete === false) closeSlowly(socket);
    else destroySoon();
  };
}

/** Notes the request that came last, whose upload may still be under way when its answer is complete. */
export function noteLatestRequest(request: IncomingMessage): void {
  (request.socket as ClientSocket)[LATEST_REQUEST] = request;
}

/**
 * Ends a connection without taking back what was sent: closing it while there is something unread makes the system reset
 * it, and a client that still sends loses the answer (RFC 9112, section 9.6). So what comes is read until the client has
 * closed its side.
 */
export function closeSlowly(socket: Socket): void {
  if (socket.destroyed) return;
  // Destroyed by itself once both sides are closed.
  socket.end();
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
  socket.resume();
}
