// A session backend: one process per document. It keeps the document in memory while people are connected, sends every
// edit to everyone, and saves it when it is told to end. The platform makes sure that no two processes have one key.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { WebSocketServer } from 'ws';

const key = process.env.SESSION_BACKEND_KEY ?? 'local';
const folder = process.env.DATA_FOLDER ?? 'data';
const file = join(folder, `${encodeURIComponent(key)}.txt`);

let text = await readFile(file, 'utf8').catch(() => '');

const server = createServer(async (request, response) => {
  if (request.method !== 'GET' && request.method !== 'HEAD') return response.writeHead(405).end();
  response.setHeader('content-type', 'text/html; charset=utf-8');
  response.end(await readFile(new URL('public/index.html', import.meta.url)));
});

const sockets = new WebSocketServer({ server });
sockets.on('connection', (socket) => {
  socket.send(JSON.stringify({ key, text, people: sockets.clients.size }));
  broadcast({ people: sockets.clients.size });
  socket.on('message', (message) => {
    text = String(message);
    broadcast({ text }, socket);
  });
  socket.on('close', () => broadcast({ people: sockets.clients.size }));
});

function broadcast(message, except) {
  for (const socket of sockets.clients) if (socket !== except) socket.send(JSON.stringify(message));
}

async function save() {
  await mkdir(folder, { recursive: true });
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
  console.log(`saved ${key}: ${text.length} characters`);
}

process.on('SIGTERM', async () => {
  await save();
  process.exit(0);
});

server.listen(process.env.PORT ?? 8080, () => console.log(`serving ${key}`));
