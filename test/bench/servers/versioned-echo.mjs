// Echoes WebSocket messages; over HTTP it answers with its version.
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const VERSION = 'version 1.';

const server = createServer((_request, response) => response.end(VERSION));
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
sockets.on('connection', (socket) => socket.on('message', (data, binary) => socket.send(data, { binary })));
server.listen(process.env.PORT);
