// A backend that answers requests and WebSocket messages with its id, and records in its mount when each of them came.
// The record remains after its end, next to the files of other holders of its key.
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const { SESSION_BACKEND_ID: id, SESSION_BACKEND_FENCING_TOKEN: fencing, PORT: port } = process.env;
const file = `/plane-data/${fencing}-${id}`;

function note() {
  appendFileSync(file, `${Date.now()}\n`);
}

const server = createServer((request, response) => {
  // The drone checks whether it is ready; that is not a client.
  if (request.headers['x-verified-backend'] !== undefined) note();
  response.end(id);
});
new WebSocketServer({ server }).on('connection', (socket) => {
  socket.on('error', () => undefined);
  socket.on('message', () => {
    note();
    socket.send(id);
  });
});
server.listen(Number(port));
process.on('SIGTERM', () => process.exit(0));
