// Opens WebSockets by hand, cheaply, one batch after another, and keeps them open. Prints a line of JSON when all are open:
// the milliseconds that each socket took on average, of the first ones and of all. On SIGUSR2 it sends a message over each, and prints another line when all echoes
// have come. Its argument is a JSON object: `port`, `paths` (sockets take turns), `count`, `batch`, `first`.
import { connect } from 'node:net';

const { port, paths, count, batch, first } = JSON.parse(process.argv[2] ?? '');
/** The text "idle", masked with zeros. */
const MESSAGE = Buffer.from([0x81, 0x84, 0, 0, 0, 0, ...Buffer.from('idle')]);
const ECHO = Buffer.from([0x81, 4, ...Buffer.from('idle')]);

/** @type {import('node:net').Socket[]} */
const sockets = [];
const startedAtMs = performance.now();
let firstMs = 0;
while (sockets.length < count) {
  const opened = Array.from({ length: batch }, (_, index) => open(paths[(sockets.length + index) % paths.length]));
  sockets.push(...(await Promise.all(opened)));
  if (firstMs === 0 && sockets.length >= first) firstMs = (performance.now() - startedAtMs) / sockets.length;
}
console.log(JSON.stringify({ firstMs, allMs: (performance.now() - startedAtMs) / sockets.length }));

process.on('SIGUSR2', async () => {
  await Promise.all(sockets.map(echo));
  console.log(JSON.stringify({ echoes: sockets.length }));
});

/**
 * @param {string} path
 * @returns {Promise<import('node:net').Socket>} once it is upgraded
 */
function open(path) {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    socket.write(
      `GET ${path} HTTP/1.1\r\nhost: localhost:${port}\r\nconnection: Upgrade\r\nupgrade: websocket\r\n` +
        `sec-websocket-version: 13\r\nsec-websocket-key: ${'A'.repeat(22)}==\r\n\r\n`,
    );
    socket.once('data', (chunk) => {
      if (!chunk.toString('latin1').startsWith('HTTP/1.1 101 ')) throw new Error(`unexpected answer: ${chunk}`);
      resolve(socket);
    });
    socket.on('close', () => {
      throw new Error('a socket was closed');
    });
  });
}

/** @param {import('node:net').Socket} socket @returns {Promise<void>} */
function echo(socket) {
  return new Promise((resolve) => {
    socket.once('data', (chunk) => {
      if (!chunk.equals(ECHO)) throw new Error(`not what was sent: ${chunk.toString('hex')}`);
      resolve();
    });
    socket.write(MESSAGE);
  });
}
