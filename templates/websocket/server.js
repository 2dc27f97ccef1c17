// A session backend: one process per document. It keeps the text in memory while people are connected, passes every
// edit on to the others, and saves what changed every few seconds and when it is told to end. The platform sees to it
// that no two processes hold one key.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';
import { load, save } from './storage.js';

const SAVE_EVERY_MS = 5_000;
const PING_EVERY_MS = 30_000;
const MAX_MESSAGE_BYTES = 1024 * 1024;

const key = process.env.SESSION_BACKEND_KEY ?? 'local';
const page = await readFile(new URL('public/index.html', import.meta.url));
let text = '';
let unsaved = false;
let saving = Promise.resolve();
let ending = false;

const server = createServer((request, response) => {
  if (request.method !== 'GET' && request.method !== 'HEAD') return response.writeHead(405).end();
  // The connection token is taken off the path, unless it is a static one: the end tells.
  if (!request.url.split('?', 1)[0].endsWith('/')) return response.writeHead(404).end();
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' }).end(page);
});

const sockets = new WebSocketServer({ server, maxPayload: MAX_MESSAGE_BYTES });
sockets.on('connection', (socket) => {
  if (ending) return socket.close(1012);
  socket.on('error', (error) => console.error(`dropping a connection: ${error.message}`));
  socket.on('pong', () => {
    socket.silent = false;
  });
  socket.on('close', tellHowManyAreHere);
  socket.on('message', (data) => {
    const edit = parseEdit(data);
    if (edit === undefined) return socket.close(1008, 'not an edit');
    // Nothing may be accepted that is not going to be saved.
    if (ending) return;
    text = edit.text;
    unsaved = true;
    // The order in which edits arrive here is the one that counts. Whoever made one learns from "accepted" which texts
    // of others came before it, and are to be forgotten, and which came after it.
    send(socket, { accepted: edit.number });
    for (const other of sockets.clients) if (other !== socket) send(other, { text });
  });
  send(socket, { key, text });
  tellHowManyAreHere();
});

/** @returns undefined for anything that the page would not send */
function parseEdit(data) {
  try {
    const { number, text } = JSON.parse(data);
    return typeof text === 'string' && Number.isInteger(number) ? { number, text } : undefined;
  } catch {
    return undefined;
  }
}

function send(socket, message) {
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

function tellHowManyAreHere() {
  for (const socket of sockets.clients) send(socket, { people: sockets.clients.size });
}

// A connection that broke without a word would keep the session from ever being idle.
setInterval(() => {
  for (const socket of sockets.clients) {
    if (socket.silent) socket.terminate();
    socket.silent = true;
    socket.ping();
  }
}, PING_EVERY_MS);

/** Saves what has changed, after any save that is still under way. */
function saveChanges() {
  saving = saving.then(async () => {
    if (!unsaved) return;
    unsaved = false;
    try {
      await save(key, text);
    } catch (error) {
      unsaved = true;
      console.error(`can't save: ${error.message}`);
    }
  });
  return saving;
}

setInterval(saveChanges, SAVE_EVERY_MS);

async function end() {
  if (ending) return;
  ending = true;
  server.close();
  for (const socket of sockets.clients) socket.close(1012, 'the session is ending');
  await saveChanges();
  console.log(unsaved ? 'ending without having saved' : `saved: ${text.length} characters`);
  process.exit(unsaved ? 1 : 0);
}

process.on('SIGTERM', end);
process.on('SIGINT', end);

text = await load(key);
// Last of all: a backend that answers is taken to be ready.
server.listen(process.env.PORT ?? 8080, () => console.log(`serving ${key}`));
