// Sends WebSocket messages, on each socket the next one when the last came back, and prints how many came back and how
// long that took, see `Load` in support/load.js. Arguments: URL, number of sockets, seconds.
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { measureLoad } from './measure-load.mjs';

const [url = '', count, seconds] = process.argv.slice(2);
const MESSAGE = 'a message of forty-eight characters, sent around';
const { answered, printAfter } = measureLoad();

const sockets = Array.from({ length: Number(count) }, () => new WebSocket(url, { perMessageDeflate: false }));
await Promise.all(sockets.map((socket) => once(socket, 'open')));
for (const socket of sockets) {
  let sentAtMs = performance.now();
  socket.on('message', (data) => {
    if (String(data) !== MESSAGE) throw new Error(`not what was sent: ${data}`);
    answered(sentAtMs);
    sentAtMs = performance.now();
    socket.send(MESSAGE);
  });
  socket.on('close', () => {
    throw new Error('a socket was closed');
  });
  socket.send(MESSAGE);
}
printAfter(Number(seconds));
