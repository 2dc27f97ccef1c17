// Sends requests over keep-alive connections, each connection its next one when the answer to the last is whole, and
// prints how many were answered and how long that took, see `Load` in support/load.js. Its argument is a JSON object, see
// `HttpLoad` there.
import { connect } from 'node:net';
import { measureLoad } from './measure-load.mjs';

const { port, path, method, headers = {}, body, connections, seconds } = JSON.parse(process.argv[2] ?? '');
const request = Buffer.from(
  `${method} ${path} HTTP/1.1\r\nhost: localhost:${port}\r\n` +
    Object.entries(headers)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('') +
    (body === '' ? '' : `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`) +
    `\r\n${body}`,
);
const { answered, printAfter } = measureLoad();

const sockets = Array.from({ length: connections }, () => connect({ host: '127.0.0.1', port, noDelay: true }));
await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
for (const socket of sockets) drive(socket);
printAfter(seconds);

/** @param {import('node:net').Socket} socket */
function drive(socket) {
  let received = Buffer.alloc(0);
  let sentAtMs = performance.now();
  socket.on('data', (chunk) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    const length = answerLength(received);
    if (length === undefined || received.length < length) return;
    if (received.length > length) throw new Error('more came than was asked for');
    received = Buffer.alloc(0);
    answered(sentAtMs);
    sentAtMs = performance.now();
    socket.write(request);
  });
  socket.on('close', () => {
    throw new Error('a connection was closed');
  });
  socket.write(request);
}

/**
 * @param {Buffer} bytes the beginning of an answer
 * @returns {number | undefined} of head and body together; undefined while the head is not whole
 */
function answerLength(bytes) {
  const headLength = bytes.indexOf('\r\n\r\n') + 4;
  if (headLength < 4) return undefined;
  const head = bytes.toString('latin1', 0, headLength);
  const bodyLength = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (!head.startsWith('HTTP/1.1 200 ') || bodyLength === undefined) throw new Error(`unexpected answer:\n${head}`);
  return headLength + Number(bodyLength);
}
