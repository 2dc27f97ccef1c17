import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

const DEADLINE_MS = 20_000;
/** Polling without a pause was measured to use so much of two cores that a bare server starts 10 ms later. */
const PAUSE_MS = 1;

/**
 * Asks over raw sockets, again a millisecond later whenever the connection is refused, until there is an answer in HTTP.
 * @param {number} port
 * @param {string} path
 * @param {Pick<import('./processes.js').Started, 'gone' | 'output' | 'startedAtMs'>} server
 * @returns {Promise<number>} milliseconds from the start of the server's process to the first byte of the answer
 * @throws when the process ends first, or nothing answers in 20 seconds
 */
export async function firstAnswer(port, path, server) {
  while (!(await asked(port, path))) {
    if (server.gone.aborted) throw new Error(`it ended before it answered:\n${server.output()}`);
    if (performance.now() - server.startedAtMs > DEADLINE_MS) throw new Error(`no answer:\n${server.output()}`);
    await pause(PAUSE_MS);
  }
  return performance.now() - server.startedAtMs;
}

/**
 * @param {number} port
 * @param {string} path
 * @returns {Promise<boolean>} whether it was answered
 */
function asked(port, path) {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.setTimeout(DEADLINE_MS, () => socket.destroy());
    socket.once('connect', () => socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`));
    socket.once('data', (chunk) => {
      resolve(chunk.toString('latin1').startsWith('HTTP/1.1 200 '));
      socket.destroy();
    });
    socket.once('error', () => undefined);
    socket.once('close', () => resolve(false));
  });
}
