// A session backend: one process per document. It keeps the text in memory while people are connected, passes every
// edit on to the others, and saves changes every few seconds and on SIGTERM. The platform makes sure that no two
// processes hold the same key.
//
// A page gets the event "document" { key, version, you, text } first, then "people" whenever someone joins, leaves,
// moves the cursor or changes their name, and "text" after someone else's edit. A page sends "edit" { text, position },
// which is acknowledged, and "presence" { name, position }.
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { servePages, version } from './pages.js';
import { load, save } from './storage.js';

const SAVE_EVERY_MS = 5_000;
const MAX_MESSAGE_BYTES = 1024 * 1024;
const MAX_NAME_LENGTH = 40;

const key = process.env.SESSION_BACKEND_KEY ?? 'local';
// The connection token is not in the path that arrives here, unless it is a static token.
const token = process.env.SESSION_BACKEND_STATIC_TOKEN;
const base = token === undefined ? '/' : `/${token}/`;
const people = new Map(); // one person per socket: { id, name, position, isVerified }
let lastId = 0;
let text = '';
let unsaved = false;
let saving = Promise.resolve();
let ending = false;

const server = createServer(servePages);
// Socket.IO also serves its client, at socket.io/socket.io.js, so page and server always use the same version.
const io = new Server(server, { path: `${base}socket.io/`, maxHttpBufferSize: MAX_MESSAGE_BYTES });

io.on('connection', (socket) => {
  const person = createPerson(socket.handshake);
  people.set(socket, person);
  socket.on('edit', (edit, accept) => {
    if (!isEdit(edit) || typeof accept !== 'function') return socket.disconnect(true);
    // Accept nothing that would not be saved.
    if (ending) return;
    text = edit.text;
    unsaved = true;
    // The order in which edits arrive here counts. Other people's texts that reach a page before the acknowledgment are
    // older than its own edit; texts that arrive after it are newer.
    accept();
    socket.broadcast.emit('text', text);
    person.position = edit.position;
    sendPeople();
  });
  socket.on('presence', (presence) => {
    if (!isPresence(presence)) return socket.disconnect(true);
    if (!person.isVerified) person.name = presence.name.slice(0, MAX_NAME_LENGTH);
    person.position = presence.position;
    sendPeople();
  });
  socket.on('disconnect', () => {
    people.delete(socket);
    sendPeople();
  });
  socket.emit('document', { key, version, you: person.id, text });
  sendPeople();
});

/** The name is the `user` of the connect request, if it had one; otherwise the page chooses it. */
function createPerson({ headers, auth }) {
  const verified = headers['x-verified-username'];
  const chosen = typeof auth.name === 'string' ? auth.name : '';
  const name = verified === undefined ? chosen : Buffer.from(verified, 'latin1').toString();
  lastId += 1;
  return { id: lastId, name: (name || 'Guest').slice(0, MAX_NAME_LENGTH), position: null, isVerified: !!verified };
}

function isEdit(edit) {
  return typeof edit?.text === 'string' && isPosition(edit.position);
}

function isPresence(presence) {
  return typeof presence?.name === 'string' && presence.name !== '' && isPosition(presence.position);
}

function isPosition(position) {
  return position === null || (Number.isInteger(position) && position >= 0);
}

function sendPeople() {
  const list = [...people.values()].map(({ id, name, position }) => ({ id, name, position }));
  io.emit('people', list);
}

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
  // Not disconnect(): clients would not reconnect by themselves after it.
  io.close();
  await saveChanges();
  console.log(unsaved ? 'ending without having saved' : `saved: ${text.length} characters`);
  process.exit(unsaved ? 1 : 0);
}

process.on('SIGTERM', end);
process.on('SIGINT', end);

text = await load(key);
// This comes last, because a backend counts as ready once it answers.
server.listen(process.env.PORT ?? 8080, () => console.log(`serving ${key}`));
