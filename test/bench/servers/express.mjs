// A small app of the usual kind: Express for requests, and ws for WebSockets.
import { createServer } from 'node:http';
import express from 'express';
import { WebSocketServer } from 'ws';

const app = express();
app.get('/', (_request, response) => response.send(`${process.env.PORT}\n`));
const server = createServer(app);
new WebSocketServer({ server }).on('connection', (socket) => socket.on('message', (data) => socket.send(data)));
server.listen(process.env.PORT);
