import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** How long a connection is still read after its last answer, for a client that continues to send. */
const LINGER_MS = 5_000;

/**
 * How much of a body is buffered while its backend is not ready or accepts no more data. The connection has to be read
 * all the time, since only a read reveals that the client has disconnected.
 */
const MAX_READ_AHEAD_BYTES = 4 * 1024 * 1024;

const LATEST_REQUEST = Symbol('latest request');

/** A client's connection, with its latest request. */
interface ClientSocket extends Socket {
  [LATEST_REQUEST]?: IncomingMessage;
}

/** Prepares a client's connection. Call this once, before anything is read from it. */
export function prepareClientSocket(socket: ClientSocket): void {
  // Node.js writes some heads without specifying an encoding. Header values are bytes, held as Latin-1.
  socket.setDefaultEncoding('latin1');
  // Node.js caches the address from here on. Later, when the client may have disconnected, it can't be determined
  // anymore.
  if (socket.remoteAddress === undefined) socket.destroy();
  // Node.js copies this value to the requests on the connection, and has no option to set it for requests only.
  Object.defineProperty(socket, 'readableHighWaterMark', { value: MAX_READ_AHEAD_BYTES });
  const destroySoon = socket.destroySoon.bind(socket);
  // Called by Node.js after the last answer on the connection.
  socket.destroySoon = () => {
    if (socket[LATEST_REQUEST]?.complete === false) closeSlowly(socket);
    else destroySoon();
  };
}

/** Records the connection's latest request, whose upload may still be in progress when its answer is complete. */
export function noteLatestRequest(request: IncomingMessage): void {
  (request.socket as ClientSocket)[LATEST_REQUEST] = request;
}

/**
 * Closes a connection without losing the answer. If unread data is left, the operating system resets the connection,
 * and a client that is still sending loses the answer (RFC 9112, section 9.6). Incoming data is therefore drained until
 * the client closes its side.
 */
export function closeSlowly(socket: Socket): void {
  if (socket.destroyed) return;
  // The socket is destroyed automatically once both sides are closed.
  socket.end();
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
  socket.resume();
}
