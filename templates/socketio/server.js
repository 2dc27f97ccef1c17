// A session backend: one process per document. It keeps the text in memory while people are connected, passes every
// edit on to the others, and saves what changed every few seconds and when it is told to end. The platform sees to it
// that no two processes hold one key.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { load, save } from './storage.js';

const SAVE_EVERY_MS = 5_000;
const MAX_MESSAGE_BYTES = 1024 * 1024;

const key = process.env.SESSION_BACKEND_KEY ?? 'local';
const page = await readFile(new URL('public/index.html', import.meta.url));
// The connection token is taken off the path, unless the service has static ones.
const token = process.env.SESSION_BACKEND_STATIC_TOKEN;
const base = token === undefined ? '/' : `/${token}/`;
let text = '';
let unsaved = false;
let saving = Promise.resolve();
let ending = false;

const server = createServer((request, response) => {
  if (request.method !== 'GET' && request.method !== 'HEAD') return response.writeHead(405).end();
  if (request.url.split('?', 1)[0] !== base) return response.writeHead(404).end();
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' }).end(page);
});

// Socket.IO also serves its client, at socket.io/socket.io.js: page and server always have the same version.
const io = new Server(server, { path: `${base}socket.io/`, maxHttpBufferSize: MAX_MESSAGE_BYTES });
io.on('connection', (socket) => {
  socket.on('edit', (edited, accept) => {
    if (typeof edited !== 'string' || typeof accept !== 'function') return socket.disconnect(true);
    // Nothing may be accepted that is not going to be saved.
    if (ending) return;
    text = edited;
    unsaved = true;
    // The order in which edits arrive here is the one that counts. Whoever made one learns from the answer which texts
    // of others came before it, and are to be forgotten, and which came after it.
    accept();
    socket.broadcast.emit('text', text);
  });
  socket.on('disconnect', tellHowManyAreHere);
  socket.emit('document', { key, text });
  tellHowManyAreHere();
});

function tellHowManyAreHere() {
  io.emit('people', io.sockets.sockets.size);
}

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
  // Not disconnect(): a client that is told to go does not come back by itself.
  io.close();
  await saveChanges();
  console.log(unsaved ? 'ending without having saved' : `saved: ${text.length} characters`);
  process.exit(unsaved ? 1 : 0);
}

process.on('SIGTERM', end);
process.on('SIGINT', end);

text = await load(key);
// Last of all: a backend that answers is taken to be ready.
server.listen(process.env.PORT ?? 8080, () => console.log(`serving ${key}`));
