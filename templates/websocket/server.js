// A session backend: one process per document. It keeps the text in memory while people are connected, passes every
// edit on to the others, and saves changes every few seconds and on SIGTERM. The platform makes sure that no two
// processes hold the same key.
//
// Messages are JSON. A page gets { key, version, you, text } first, then { people } whenever someone joins, leaves,
// moves the cursor or changes their name, { text } after someone else's edit, and { accepted } after its own edit. A
// page sends { number, text, position } for an edit, and { name, position } for everything else.
import { createServer } from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';
import { servePages, version } from './pages.js';
import { load, save } from './storage.js';

const SAVE_EVERY_MS = 5_000;
const PING_EVERY_MS = 30_000;
const MAX_MESSAGE_BYTES = 1024 * 1024;
const MAX_NAME_LENGTH = 40;

const key = process.env.SESSION_BACKEND_KEY ?? 'local';
const people = new Map(); // one person per socket: { id, name, position, isVerified }
let lastId = 0;
let text = '';
let unsaved = false;
let saving = Promise.resolve();
let ending = false;

const server = createServer(servePages);
const sockets = new WebSocketServer({ server, maxPayload: MAX_MESSAGE_BYTES });

sockets.on('connection', (socket, request) => {
  if (ending) return socket.close(1012);
  const person = createPerson(request);
  people.set(socket, person);
  socket.on('error', (error) => console.error(`connection closed: ${error.message}`));
  socket.on('pong', () => {
    socket.isSilent = false;
  });
  socket.on('close', () => {
    people.delete(socket);
    sendPeople();
  });
  socket.on('message', (data) => {
    const message = parse(data);
    if (message === undefined) return socket.close(1008, 'invalid message');
    // Accept nothing that would not be saved.
    if (ending) return;
    if (message.text !== undefined) edit(socket, message);
    if (message.name !== undefined && !person.isVerified) person.name = message.name;
    person.position = message.position;
    sendPeople();
  });
  send(socket, { key, version, you: person.id, text });
  sendPeople();
});

/** The name is the `user` of the connect request, if it had one; otherwise the page chooses it. */
function createPerson(request) {
  const verified = request.headers['x-verified-username'];
  // `new URL()` rejects a path such as "//".
  const chosen = new URLSearchParams(request.url.split('?')[1]).get('name');
  const name = verified === undefined ? chosen : Buffer.from(verified, 'latin1').toString();
  lastId += 1;
  return { id: lastId, name: (name || 'Guest').slice(0, MAX_NAME_LENGTH), position: null, isVerified: !!verified };
}

/** @returns undefined for anything that the page would not send */
function parse(data) {
  try {
    const { number, text, name, position } = JSON.parse(data);
    if (position !== null && !(Number.isInteger(position) && position >= 0)) return undefined;
    if (typeof text === 'string' && Number.isInteger(number)) return { number, text, position };
    return typeof name === 'string' && name !== '' ? { name: name.slice(0, MAX_NAME_LENGTH), position } : undefined;
  } catch {
    return undefined;
  }
}

function edit(socket, { number, text: edited }) {
  text = edited;
  unsaved = true;
  // The order in which edits arrive here counts. Other people's texts that reach a page before "accepted" are older
  // than its own edit; texts that arrive after it are newer.
  send(socket, { accepted: number });
  for (const other of sockets.clients) if (other !== socket) send(other, { text });
}

function sendPeople() {
  const list = [...people.values()].map(({ id, name, position }) => ({ id, name, position }));
  for (const socket of people.keys()) send(socket, { people: list });
}

function send(socket, message) {
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

// A connection that broke silently would otherwise keep the session from ever becoming idle.
setInterval(() => {
  for (const socket of sockets.clients) {
    if (socket.isSilent) socket.terminate();
    socket.isSilent = true;
    socket.ping();
  }
}, PING_EVERY_MS);

/** Saves changes, after any save that is still in progress. */
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
// This comes last, because a backend counts as ready once it answers.
server.listen(process.env.PORT ?? 8080, () => console.log(`serving ${key}`));
