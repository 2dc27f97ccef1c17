// Sends GET requests at a steady rate over keep-alive connections that take turns, and prints how long they took, see `Load`
// in support/load.js. The time of a request counts from when it was due, so that one that waits for the connection's last
// answer, or for this program, is not taken for a fast one. Its argument is a JSON object: `port`, `path`, `connections`,
// `perSecond`, `seconds`.
import { connect } from 'node:net';
import { measureLoad } from './measure-load.mjs';

const { port, path, connections, perSecond, seconds } = JSON.parse(process.argv[2] ?? '');
const REQUEST = Buffer.from(`GET ${path} HTTP/1.1\r\nhost: localhost:${port}\r\n\r\n`);
const END_OF_HEAD = Buffer.from('\r\n\r\n');
/** Requests of the first second are not counted: connections and code are warm by then. */
const WARM_UP_SECONDS = 1;
const { answered, printAfter } = measureLoad();

const clients = await Promise.all(Array.from({ length: connections }, open));
const startedAtMs = performance.now();
let sent = 0;
const countedFromMs = startedAtMs + WARM_UP_SECONDS * 1_000;
setTimeout(() => printAfter(seconds), WARM_UP_SECONDS * 1_000);
tick();

function tick() {
  for (;;) {
    const dueAtMs = startedAtMs + (sent * 1_000) / perSecond;
    if (dueAtMs > performance.now()) break;
    clients[sent % connections]?.send(dueAtMs);
    sent += 1;
  }
  setTimeout(tick, 1);
}

async function open() {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await new Promise((resolve) => socket.once('connect', resolve));
  /** When the requests were due whose answers have not come. @type {number[]} */
  const due = [];
  let received = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
    const head = received.indexOf(END_OF_HEAD);
    if (head === -1) return;
    const text = received.toString('latin1', 0, head);
    const length = Number(/content-length: *(\d+)/i.exec(text)?.[1] ?? Number.NaN);
    if (!text.startsWith('HTTP/1.1 200 ') || Number.isNaN(length)) throw new Error(`unexpected answer:\n${text}`);
    if (received.length < head + END_OF_HEAD.length + length) return;
    received = Buffer.alloc(0);
    const dueAtMs = due.shift() ?? Number.NaN;
    if (dueAtMs >= countedFromMs) answered(dueAtMs);
    if (due.length > 0) socket.write(REQUEST);
  });
  socket.on('close', () => {
    throw new Error('a connection was closed');
  });
  return {
    /** @param {number} dueAtMs */
    send(dueAtMs) {
      due.push(dueAtMs);
      if (due.length === 1) socket.write(REQUEST);
    },
  };
}
