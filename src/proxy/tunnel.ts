import type { Socket } from 'node:net';

/** How long one side of a WebSocket may stay silent when the other has closed its own: it has no half-closed state. */
const HALF_OPEN_SILENCE_MS = 2_000;
/**
 * How long a tunnel may be idle until the system asks whether the other end is still there. A side that has closed and
 * left looks like one that only sends no more.
 */
const KEEP_ALIVE_MS = 60_000;

/**
 * Connects two sockets, each way on its own: one side may close while the other still sends. Neither outlives the other.
 * @param isWebSocket then a side that has closed has left for good
 */
export function spliceSockets(client: Socket, backend: Socket, isWebSocket: boolean): void {
  for (const [from, to] of [
    [client, backend],
    [backend, client],
  ] as const) {
    from.setNoDelay(true);
    from.setKeepAlive(true, KEEP_ALIVE_MS);
    from.setTimeout(0);
    from.on('error', () => from.destroy());
    from.once('close', () => to.destroySoon());
    if (isWebSocket) from.once('end', () => to.setTimeout(HALF_OPEN_SILENCE_MS, () => to.destroy()));
    passOn(from, to);
  }
}

/** As `pipe()`, which does more for each chunk. What comes for a side that has gone is dropped, until this one closes, too. */
function passOn(from: Socket, to: Socket): void {
  const resume = () => void from.resume();
  from.on('data', (chunk: Buffer) => {
    if (to.destroyed || to.write(chunk)) return;
    from.pause();
    to.once('drain', resume);
  });
  from.once('end', () => to.end());
  from.resume();
}
