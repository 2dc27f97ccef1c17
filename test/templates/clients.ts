import { io } from 'socket.io-client';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import type { TemplateName } from '../../src/cli/commands/init/templates.js';
import { openStream, send } from '../support/http.js';
import { waitFor } from '../support/wait.js';

/** Somebody with a template's page open: speaks to the backend as the page does, and shows what the page would. */
export interface Person {
  /** The text that stands in the page. */
  text: () => string;
  /** How many are connected, as the backend says. */
  people: () => number;
  /** Types, without waiting for anything. */
  type: (text: string) => void;
  /** Resolves when all that was typed has been accepted. */
  accepted: () => Promise<unknown>;
  close: () => void;
}

/** What a page shows, and which of its own edits are on their way. */
class Page {
  key: string | undefined;
  text = '';
  people = 0;
  sent = 0;
  accepted = 0;

  type(text: string): number {
    this.text = text;
    this.sent += 1;
    return this.sent;
  }

  /** A text of somebody else's: of no interest while one of one's own is on its way. */
  show(text: string): void {
    if (this.sent === this.accepted) this.text = text;
  }
}

/** Opens the page of a template. Resolves when it shows the document of the key. */
export async function open(template: TemplateName, url: string, key: string): Promise<Person> {
  const page = new Page();
  const { type, close } = await OPEN[template](page, url);
  onTestFinished(close);
  await waitFor(() => page.key === key, `the document of ${key}`);
  return {
    text: () => page.text,
    people: () => page.people,
    type,
    accepted: () => waitFor(() => page.sent === page.accepted, 'all edits to be accepted'),
    close,
  };
}

type Opened = Pick<Person, 'type' | 'close'>;

const OPEN: Record<TemplateName, (page: Page, url: string) => Promise<Opened>> = {
  websocket: async (page, url) => {
    const socket = new WebSocket(url.replace('http', 'ws'));
    // One that failed is missed soon enough.
    socket.on('error', () => undefined);
    socket.on('message', (data) => {
      const message = JSON.parse(String(data));
      if (message.key !== undefined) page.key = message.key;
      if (message.people !== undefined) page.people = message.people;
      if (message.accepted !== undefined) page.accepted = message.accepted;
      if (message.text !== undefined) page.show(message.text);
    });
    return {
      type: (text) => socket.send(JSON.stringify({ number: page.type(text), text })),
      close: () => socket.terminate(),
    };
  },

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
      type: (text) => {
        const number = page.type(text);
        socket.emit('edit', text, () => {
          page.accepted = number;
        });
      },
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
    const timer = setInterval(() => {
      const lines = stream.chunks.join('').split('\n\n').slice(0, -1);
      for (const line of lines.slice(read)) {
        if (!line.startsWith('data: ')) continue;
        const { key, version, text, people } = JSON.parse(line.slice('data: '.length));
        Object.assign(page, { key, people });
        learn(version, text);
      }
      read = lines.length;
    }, 5);
    let before: Promise<unknown> = Promise.resolve();
    return {
      // One after the other, as two might overtake each other.
      type: (text) => {
        const number = page.type(text);
        before = before.then(async () => {
          const { version } = (await send(`${url}edit`, withBody(text))).json<{ version: number }>();
          page.accepted = number;
          learn(version, text);
        });
      },
      close: () => {
        clearInterval(timer);
        stream.close();
      },
    };
  },
};

function withBody(text: string) {
  const body = Buffer.from(text);
  return { method: 'POST', body, headers: { 'content-length': String(body.length) } };
}
