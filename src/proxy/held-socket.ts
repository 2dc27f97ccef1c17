import type { Socket } from 'node:net';

/** What a client may send ahead while its upgrade waits for the backend. */
const MAX_AHEAD_BYTES = 64 * 1024;

/**
 * Reads a socket whose upgrade has to wait: only one that is read tells when its client is gone.
 * @param onGone called when the client has hung up
 * @returns gives the socket back, with all that was read
 */
export function holdSocket(socket: Socket, onGone: () => void): () => void {
  const ahead: Buffer[] = [];
  let bytes = 0;
  const onData = (chunk: Buffer) => {
    ahead.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_AHEAD_BYTES) socket.pause();
  };
  socket.on('data', onData);
  socket.once('end', onGone);
  socket.once('close', onGone);
  return () => {
    socket.off('data', onData);
    socket.off('end', onGone);
    socket.off('close', onGone);
    socket.pause();
    if (bytes > 0) socket.unshift(Buffer.concat(ahead));
  };
}
