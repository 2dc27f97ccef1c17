import { io } from 'socket.io-client';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import type { TemplateName } from '../../src/cli/commands/init/templates.js';
import { openStream, send } from '../support/http.js';
import { waitFor } from '../support/wait.js';

/** A name and the position of a cursor. */
interface Presence {
  name: string;
  position: number | null;
}

/** A person with a template's page open: talks to the backend as the page does, and shows what the page would. */
export interface Person {
  /** The text on the page. */
  text: () => string;
  /** How many people are connected, according to the backend. */
  people: () => number;
  /** Names and positions of the people who are connected. */
  list: () => (readonly [name: string, position: number | null])[];
  /** Types without waiting for anything. */
  type: (text: string, position?: number) => void;
  /** Chooses a name and moves the cursor, without waiting for anything. */
  show: (presence: Presence) => void;
  /** Resolves when everything typed has been accepted. */
  accepted: () => Promise<unknown>;
  close: () => void;
}

/** What a page shows, and which of its own edits are still being sent. */
class Page {
  key: string | undefined;
  text = '';
  people: Presence[] = [];
  sent = 0;
  accepted = 0;

  type(text: string): number {
    this.text = text;
    this.sent += 1;
    return this.sent;
  }

  /** Another person's text is ignored while an own edit is being sent. */
  show(text: string): void {
    if (this.sent === this.accepted) this.text = text;
  }
}

/** Opens the page of a template. Resolves when it shows the document of the key. */
export async function open(template: TemplateName, url: string, key: string): Promise<Person> {
  const page = new Page();
  const { type, show, close } = await OPEN[template](page, url);
  onTestFinished(close);
  await waitFor(() => page.key === key, `the document of ${key}`);
  return {
    text: () => page.text,
    people: () => page.people.length,
    list: () => page.people.map(({ name, position }) => [name, position] as const),
    type: (text, position) => type(text, position ?? null),
    show,
    accepted: () => waitFor(() => page.sent === page.accepted, 'all edits to be accepted'),
    close,
  };
}

interface Opened {
  type: (text: string, position: number | null) => void;
  show: (presence: Presence) => void;
  close: () => void;
}

const OPEN: Record<TemplateName, (page: Page, url: string) => Promise<Opened>> = {
  websocket: openWebSocket,

  'warm-pool': openWebSocket,

  socketio: async (page, url) => {
    const { origin, pathname } = new URL(url);
    const transports = ['websocket', 'polling'];
    const socket = io(origin, { path: `${pathname}socket.io/`, transports, forceNew: true, reconnection: false });
    socket.on('document', ({ key, text }) => {
      page.key = key;
      page.show(text);
    });
    socket.on('text', (text) => page.show(text));
    socket.on('people', (people) => {
      page.people = people;
    });
    return {
      type: (text, position) => {
        const number = page.type(text);
        socket.emit('edit', { text, position }, () => {
          page.accepted = number;
        });
      },
      show: (presence) => void socket.emit('presence', presence),
      close: () => void socket.close(),
    };
  },

  python: async (page, url) => {
    const stream = await openStream(`${url}events`);
    let latest = { version: 0, text: '' };
    const learn = (version: number, text: string) => {
      if (version > latest.version) latest = { version, text };
      page.show(latest.text);
    };
    let read = 0;
    let id = 0;
    const timer = setInterval(() => {
      const lines = stream.chunks.join('').split('\n\n').slice(0, -1);
      for (const line of lines.slice(read)) {
        if (!line.startsWith('data: ')) continue;
        const { key, version, text, people, you } = JSON.parse(line.slice('data: '.length));
        Object.assign(page, { key, people });
        id = you;
        learn(version, text);
      }
      read = lines.length;
    }, 5);
    // One request at a time, because two might overtake each other.
    let before: Promise<unknown> = Promise.resolve();
    return {
      type: (text, position) => {
        const number = page.type(text);
        before = before.then(async () => {
          const answer = await send(`${url}edit`, withBody({ id, text, position }));
          page.accepted = number;
          learn(answer.json<{ version: number }>().version, text);
        });
      },
      show: (presence) => {
        before = before.then(() => send(`${url}presence`, withBody({ id, ...presence })));
      },
      close: () => {
        clearInterval(timer);
        stream.close();
      },
    };
  },
};

function withBody(message: object) {
  const body = Buffer.from(JSON.stringify(message));
  return { method: 'POST', body, headers: { 'content-length': String(body.length) } };
}

async function openWebSocket(page: Page, url: string): Promise<Opened> {
  const socket = new WebSocket(url.replace('http', 'ws'));
  // The test notices a failed connection by its missing document.
  socket.on('error', () => undefined);
  socket.on('message', (data) => {
    const message = JSON.parse(String(data));
    if (message.key !== undefined) page.key = message.key;
    if (message.people !== undefined) page.people = message.people;
    if (message.accepted !== undefined) page.accepted = message.accepted;
    if (message.text !== undefined) page.show(message.text);
  });
  return {
    type: (text, position) => socket.send(JSON.stringify({ number: page.type(text), text, position })),
    show: (presence) => socket.send(JSON.stringify(presence)),
    close: () => socket.terminate(),
  };
}
