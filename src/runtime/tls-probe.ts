import type { Address } from './runtime.js';

/** Timeout for a handshake on this machine. */
const HANDSHAKE_MS = 2_000;

/**
 * Whether a server speaks TLS: it completes a handshake, or refuses one with a TLS alert. Only a handshake can tell,
 * because OpenSSL and thus Node.js silently close connections that begin with plain HTTP.
 */
export async function speaksTls({ host, port, socketPath }: Address, signal: AbortSignal): Promise<boolean> {
  const { connect } = await import('node:tls');
  if (signal.aborted) return false;
  return new Promise((resolve) => {
    const to = socketPath === undefined ? { host, port } : { path: socketPath };
    const socket = connect({ ...to, rejectUnauthorized: false, timeout: HANDSHAKE_MS });
    const giveUp = () => socket.destroy();
    signal.addEventListener('abort', giveUp, { once: true });
    socket.once('secureConnect', () => {
      resolve(true);
      socket.destroy();
    });
    socket.once('timeout', giveUp);
    socket.on('error', ({ code }: NodeJS.ErrnoException) => resolve(/^ERR_SSL_.*ALERT/.test(code ?? '')));
    socket.once('close', () => {
      signal.removeEventListener('abort', giveUp);
      resolve(false);
    });
  });
}
