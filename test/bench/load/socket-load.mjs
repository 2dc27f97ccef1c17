// Sends WebSocket messages, on each socket the next one when the last came back, and prints how many came back per
// second. Arguments: URL, number of sockets, seconds.
import { once } from 'node:events';
import { WebSocket } from 'ws';

const [url = '', count, seconds] = process.argv.slice(2);
const MESSAGE = 'a message of forty-eight characters, sent around';
let returned = 0;

const sockets = Array.from({ length: Number(count) }, () => new WebSocket(url, { perMessageDeflate: false }));
await Promise.all(sockets.map((socket) => once(socket, 'open')));
for (const socket of sockets) {
  socket.on('message', (data) => {
    if (String(data) !== MESSAGE) throw new Error(`not what was sent: ${data}`);
    returned += 1;
    socket.send(MESSAGE);
  });
  socket.on('close', () => {
    throw new Error('a socket was closed');
  });
  socket.send(MESSAGE);
}
const startedAtMs = performance.now();
setTimeout(() => {
  console.log(returned / ((performance.now() - startedAtMs) / 1000));
  process.exit();
}, Number(seconds) * 1000);
