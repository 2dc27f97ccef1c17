import type { Socket } from 'node:net';

/** How long one side of a WebSocket may stay silent when the other has closed its own: it has no half-closed state. */
const HALF_OPEN_SILENCE_MS = 2_000;
/**
 * How long a tunnel may be idle until the system asks whether the other end is still there. A side that has closed and
 * left looks like one that only sends no more.
 */
const KEEP_ALIVE_MS = 60_000;

const OTHER_SIDE = Symbol('other side');

/** One side of a tunnel. Its listeners are the same functions for all: a WebSocket that is idle has none of its own. */
interface TunnelSocket extends Socket {
  [OTHER_SIDE]: Socket;
}

/**
 * Connects two sockets, each way on its own: one side may close while the other still sends. Neither outlives the other.
 * @param isWebSocket then a side that has closed has left for good
 */
export function spliceSockets(client: Socket, backend: Socket, isWebSocket: boolean): void {
  splice(client as TunnelSocket, backend, isWebSocket);
  splice(backend as TunnelSocket, client, isWebSocket);
}

function splice(socket: TunnelSocket, other: Socket, isWebSocket: boolean): void {
  socket[OTHER_SIDE] = other;
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  socket.setTimeout(0);
  socket.on('error', destroy);
  socket.on('close', endOtherSoon);
  socket.on('end', isWebSocket ? endOtherWebSocket : endOther);
  socket.on('data', passOn);
  socket.on('drain', resumeOther);
  socket.resume();
}

function destroy(this: TunnelSocket): void {
  this.destroy();
}

function endOtherSoon(this: TunnelSocket): void {
  this[OTHER_SIDE].destroySoon();
}

function endOther(this: TunnelSocket): void {
  this[OTHER_SIDE].end();
}

function endOtherWebSocket(this: TunnelSocket): void {
  const other = this[OTHER_SIDE];
  other.setTimeout(HALF_OPEN_SILENCE_MS, () => other.destroy());
  other.end();
}

/** As `pipe()`, which does more for each chunk. What comes for a side that has gone is dropped, until this one closes, too. */
function passOn(this: TunnelSocket, chunk: Buffer): void {
  const other = this[OTHER_SIDE];
  if (!other.destroyed && !other.write(chunk)) this.pause();
}

function resumeOther(this: TunnelSocket): void {
  this[OTHER_SIDE].resume();
}
