// The page's side of the protocol described in server.py: it receives server-sent events and sends POST requests.
import { editor } from './editor.js';

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 5_000;

const here = new URL('./', location.href);
let retryMs = FIRST_RETRY_MS;
let pageVersion; // of the page's files
let you; // this person's id on the current connection
let latest = { version: 0, text: '' }; // the newest known state of the server's document
let isOpen = false;
let unsent = false; // something was typed since the last edit was sent
let sending = false; // an edit is on its way

function connect() {
  const url = new URL('events', here);
  url.searchParams.set('name', editor.name);
  const events = new EventSource(url);
  events.onmessage = ({ data }) => receive(JSON.parse(data));
  events.onerror = () => {
    // An EventSource retries by itself, but not after every error.
    events.close();
    reconnect();
  };
}

function receive(message) {
  if (!isOpen) {
    // The new code may come with a new page.
    if (pageVersion !== undefined && pageVersion !== message.page && !unsent && !sending) location.reload();
    isOpen = true;
    pageVersion = message.page;
    you = message.you;
    retryMs = FIRST_RETRY_MS;
    editor.connected(message.key);
    sendPresence();
  }
  learn(message.version, message.text);
  editor.showPeople(message.people, you);
  // Send what was typed while the connection was down.
  sendEdit();
}

// The last writer wins. Texts arrive on several connections, in any order, so the version decides which is newest.
function learn(version, text) {
  if (version > latest.version) latest = { version, text };
  if (!unsent && !sending) editor.showText(latest.text);
}

// Sends one edit at a time, because two might overtake each other. Text typed in the meantime is sent in one edit.
async function sendEdit() {
  if (sending || !unsent || !isOpen) return;
  const { text } = editor;
  unsent = false;
  sending = true;
  const answer = await post('edit', { id: you, text, position: editor.position }).catch(() => undefined);
  sending = false;
  if (answer === undefined) {
    unsent = true;
    setTimeout(sendEdit, retryMs);
  } else {
    learn(answer.version, text);
    sendEdit();
  }
}

function sendPresence() {
  const presence = { id: you, name: editor.name, position: editor.position };
  // If this message is lost, the next one contains the same.
  if (isOpen) post('presence', presence).catch(() => undefined);
}

async function post(path, body) {
  const answer = await fetch(new URL(path, here), { method: 'POST', body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`not accepted: ${answer.status}`);
  return answer.json();
}

async function reconnect() {
  isOpen = false;
  editor.disconnected();
  // An EventSource does not say why it failed. The status 410 means that this connection URL will never work again.
  const timeout = AbortSignal.timeout(10_000);
  const answer = await fetch(here, { method: 'HEAD', cache: 'no-store', signal: timeout }).catch(() => undefined);
  if (answer?.status === 410) return editor.ended();
  setTimeout(connect, retryMs * (0.5 + Math.random() / 2));
  retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
}

editor.listen({
  onEdit: () => {
    unsent = true;
    sendEdit();
  },
  onPresence: sendPresence,
});
connect();
