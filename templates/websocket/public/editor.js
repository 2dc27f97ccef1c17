// Everything that the page shows: the text, the people with their cursors, and the state of the connection. How these
// are sent and received is in client.js.

const element = (id) => document.getElementById(id);
const area = element('text');
const nameField = element('name');

const ADJECTIVES = ['Brave', 'Calm', 'Clever', 'Eager', 'Gentle', 'Happy', 'Lucky', 'Quiet', 'Swift', 'Witty'];
const ANIMALS = ['Badger', 'Crane', 'Dolphin', 'Fox', 'Heron', 'Lynx', 'Otter', 'Panda', 'Raven', 'Tiger'];
const pick = (words) => words[Math.floor(Math.random() * words.length)];

let people = []; // everyone else, with the position of each cursor
let announced; // the last reported cursor position

/** The name that others see. Each tab is a separate person, and keeps its name after a reload. */
nameField.value = sessionStorage.getItem('name') ?? `${pick(ADJECTIVES)} ${pick(ANIMALS)}`;
sessionStorage.setItem('name', nameField.value);

export const editor = {
  get text() {
    return area.value;
  },
  get name() {
    return nameField.value;
  },
  /** Position of the cursor; null until the cursor is in the text for the first time. */
  get position() {
    return announced === undefined ? null : area.selectionEnd;
  },

  /**
   * Reports what the person does.
   * @param onEdit the text has changed
   * @param onPresence the cursor has moved, or the name has changed
   */
  listen({ onEdit, onPresence }) {
    area.addEventListener('input', () => {
      announced = area.selectionEnd;
      drawCursors();
      onEdit();
    });
    document.addEventListener('selectionchange', () => {
      if (document.activeElement !== area || area.selectionEnd === announced) return;
      announced = area.selectionEnd;
      onPresence();
    });
    nameField.addEventListener('change', () => {
      nameField.value = nameField.value.trim() || `${pick(ADJECTIVES)} ${pick(ANIMALS)}`;
      sessionStorage.setItem('name', nameField.value);
      nameField.blur();
      onPresence();
    });
  },

  /** Makes the text editable, once the backend has answered. */
  connected(key) {
    element('key').textContent = document.title = key;
    area.readOnly = false;
    setStatus('connected', 'Connected');
  },

  disconnected() {
    area.readOnly = true;
    setStatus('connecting', 'Connection lost. Reconnecting…');
  },

  /** Shows that the connection URL will never work again and, on this machine, the command that opens a new session. */
  ended() {
    area.readOnly = true;
    area.blur();
    setStatus('ended', 'Ended');
    editor.showPeople([], undefined);
    element('ended').hidden = false;
    element('hint').hidden = true;
    if (!/^(localhost|127\.0\.0\.1|\[::1\]|.*\.localhost)$/.test(location.hostname)) return;
    const command = `npx jamdev spawn --key ${quoteForShell(element('key').textContent)}`;
    element('how').textContent = 'Its connection URL no longer works. For a new one, run this in the project folder:';
    element('command').hidden = false;
    element('command').querySelector('code').textContent = command;
    element('command').querySelector('button').onclick = () => navigator.clipboard.writeText(command);
  },

  /** Shows a text from someone else; the cursor keeps its place in the text. */
  showText(text) {
    if (area.value === text) return;
    const [start, end] = [area.selectionStart, area.selectionEnd].map((at) => follow(at, area.value, text));
    area.value = text;
    area.setSelectionRange(start, end);
    drawCursors();
  },

  /**
   * @param everyone `{ id, name, position }` of each person
   * @param you the id of this person
   */
  showPeople(everyone, you) {
    people = everyone.filter(({ id }) => id !== you);
    const items = everyone.map(({ id, name }) => {
      const item = document.createElement('li');
      item.textContent = id === you ? `${name} (you)` : name;
      item.style.setProperty('--hue', hueOf(name));
      return item;
    });
    element('people').replaceChildren(...items);
    // The backend has the last word on the name: a verified user can't choose another.
    const own = everyone.find(({ id }) => id === you);
    if (own !== undefined && document.activeElement !== nameField) nameField.value = own.name;
    drawCursors();
  },
};

function setStatus(state, text) {
  element('status').dataset.state = state;
  element('status').textContent = text;
}

/** Draws the others' cursors in a copy of the text that lies behind the text. */
function drawCursors() {
  const text = area.value;
  const parts = [];
  let from = 0;
  for (const { name, position } of people.toSorted((a, b) => a.position - b.position)) {
    if (position === null) continue;
    const cursor = document.createElement('span');
    cursor.className = 'cursor';
    cursor.dataset.name = name;
    cursor.style.setProperty('--hue', hueOf(name));
    parts.push(text.slice(from, position), cursor);
    from = Math.min(position, text.length);
  }
  // Without the zero-width space at the end, an empty last line would have no height.
  element('cursors').replaceChildren(...parts, `${text.slice(from)}\u200b`);
  const { left, width } = element('cursors').getBoundingClientRect();
  for (const cursor of element('cursors').querySelectorAll('.cursor')) {
    cursor.classList.toggle('left', cursor.getBoundingClientRect().left > left + width / 2);
  }
}

/** Returns where a position in `before` is in `after`. The two texts differ in one contiguous part. */
function follow(position, before, after) {
  let start = 0;
  while (start < before.length && before[start] === after[start]) start += 1;
  if (position <= start) return position;
  const shorter = Math.min(before.length, after.length) - start;
  let end = 0;
  while (end < shorter && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  if (position >= before.length - end) return position + after.length - before.length;
  return Math.min(position, after.length - end);
}

/** Returns the hue for a name, which is the same on every page. */
function hueOf(name) {
  let hash = 0;
  for (const character of name) hash = (hash * 31 + character.codePointAt(0)) % 360;
  return hash;
}

function quoteForShell(word) {
  return /^[\w./@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
