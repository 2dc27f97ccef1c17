// The page's side of the protocol described in server.js, over Socket.IO, which reconnects by itself.
import { editor } from './editor.js';

const here = new URL('./', location.href);
const socket = io({
  path: `${here.pathname}socket.io/`,
  // Try a WebSocket first: the server notices at once when it closes, but only later when polling ends.
  transports: ['websocket', 'polling'],
  tryAllTransports: true,
  reconnectionDelay: 250,
  reconnectionDelayMax: 5_000,
  auth: (send) => send({ name: editor.name }),
});

let version; // of the page's files
let you; // this person's id on the current connection
let sent = 0; // the number of the last edit made here
let accepted = 0; // the number of the last edit that the server accepted

// The first event on every new connection.
socket.on('document', (document) => {
  // The new code may come with a new page.
  if (version !== undefined && version !== document.version && sent === accepted) location.reload();
  ({ version, you } = document);
  editor.connected(document.key);
  // Send what was typed while the connection was down.
  if (sent !== accepted) return sendEdit();
  editor.showText(document.text);
  sendPresence();
});
// The last writer wins: until an edit made here is accepted, texts from others are older than that edit.
socket.on('text', (text) => {
  if (sent === accepted) editor.showText(text);
});
socket.on('people', (people) => editor.showPeople(people, you));

function sendEdit() {
  // Without a connection, the edit is sent after the next "document" event, not earlier from Socket.IO's own buffer.
  if (!socket.connected) return;
  const number = sent;
  socket.emit('edit', { text: editor.text, position: editor.position }, () => {
    accepted = number;
  });
}

function sendPresence() {
  if (socket.connected) socket.emit('presence', { name: editor.name, position: editor.position });
}

editor.listen({
  onEdit: () => {
    sent += 1;
    sendEdit();
  },
  onPresence: sendPresence,
});

socket.on('disconnect', () => editor.disconnected());
socket.on('connect_error', async () => {
  // Socket.IO keeps trying. The status 410 means that this connection URL will never work again.
  const timeout = AbortSignal.timeout(10_000);
  const answer = await fetch(here, { method: 'HEAD', cache: 'no-store', signal: timeout }).catch(() => undefined);
  if (answer?.status !== 410) return;
  socket.disconnect();
  editor.ended();
});
