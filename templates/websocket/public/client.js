// The page's side of the protocol described in server.js, over a WebSocket that is opened again when it breaks.
import { editor } from './editor.js';

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 5_000;

const here = new URL('./', location.href);
let socket;
let retryMs = FIRST_RETRY_MS;
let version; // of the page's files
let you; // this person's id on the current connection
let sent = 0; // the number of the last edit made here
let accepted = 0; // the number of the last edit that the server accepted

function connect() {
  const url = new URL(here);
  url.protocol = url.protocol.replace('http', 'ws');
  url.searchParams.set('name', editor.name);
  socket = new WebSocket(url);
  socket.onmessage = ({ data }) => receive(JSON.parse(data));
  socket.onclose = reconnect;
}

function receive(message) {
  if (message.accepted !== undefined) accepted = message.accepted;
  if (message.key !== undefined) {
    // The new code may come with a new page.
    if (version !== undefined && version !== message.version && sent === accepted) location.reload();
    ({ version, you } = message);
    retryMs = FIRST_RETRY_MS;
    editor.connected(message.key);
    // Send what was typed while the connection was down.
    if (sent !== accepted) sendEdit();
    else sendPresence();
  }
  // The last writer wins: until an edit made here is accepted, texts from others are older than that edit.
  if (message.text !== undefined && sent === accepted) editor.showText(message.text);
  if (message.people !== undefined) editor.showPeople(message.people, you);
}

function send(message) {
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

function sendEdit() {
  send({ number: sent, text: editor.text, position: editor.position });
}

function sendPresence() {
  send({ name: editor.name, position: editor.position });
}

async function reconnect() {
  editor.disconnected();
  // A WebSocket does not say why it failed. The status 410 means that this connection URL will never work again.
  const timeout = AbortSignal.timeout(10_000);
  const answer = await fetch(here, { method: 'HEAD', cache: 'no-store', signal: timeout }).catch(() => undefined);
  if (answer?.status === 410) return editor.ended();
  setTimeout(connect, retryMs * (0.5 + Math.random() / 2));
  retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
}

editor.listen({
  onEdit: () => {
    sent += 1;
    sendEdit();
  },
  onPresence: sendPresence,
});
connect();
