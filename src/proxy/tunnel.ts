import type { Socket } from 'node:net';

/**
 * How long one side of a WebSocket may stay silent after the other has closed: WebSockets have no half-closed state.
 */
const HALF_OPEN_SILENCE_MS = 2_000;
/**
 * How long a tunnel may be idle before the system checks whether the other end is still there. A peer that closed and
 * left looks like one that merely stopped sending.
 */
const KEEP_ALIVE_MS = 60_000;

const OTHER_SIDE = Symbol('other side');

/**
 * One side of a tunnel. All sockets share the same listener functions, so an idle WebSocket needs no closures of its
 * own.
 */
interface TunnelSocket extends Socket {
  [OTHER_SIDE]: Socket;
}

/**
 * Connects two sockets. Each direction is independent: one side may close while the other is still sending. When one
 * socket is destroyed, so is the other.
 * @param isWebSocket if true, a side that has closed is taken as gone for good
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

/**
 * Works like `pipe()`, which does more work per chunk. Data for a destroyed side is dropped until this side closes,
 * too.
 */
function passOn(this: TunnelSocket, chunk: Buffer): void {
  const other = this[OTHER_SIDE];
  if (!other.destroyed && !other.write(chunk)) this.pause();
}

function resumeOther(this: TunnelSocket): void {
  this[OTHER_SIDE].resume();
}
