import { connect, type Socket } from 'node:net';
import { type ReadMessage, readAnswer } from './http-reading.js';

/**
 * What a client does on its own connection: text is one write, `{ await }` waits for incoming text, `{ reaching }`
 * waits until this many requests have reached the backend, `{ close: 'end' }` closes its side, `{ close: 'reset' }`
 * resets the connection, `{ waitMs }` waits.
 */
export type ClientStep =
  | string
  | { await: string }
  | { reaching: number }
  | { close: 'end' | 'reset' }
  | { waitMs: number };

/**
 * When the client is done: it has an answer to every request, the other side has closed, or the backend saw the
 * request.
 */
export type ClientUntil = 'answered' | 'closed' | 'sent';

/** What a client received. */
export interface ClientView {
  answers: ReadMessage[];
  /** What follows the answers: bytes of an accepted upgrade, or bytes that are not HTTP. */
  after: string;
  /** How the other side closed, if the client waited for that. */
  end?: 'end' | 'reset';
}

/** Containers of three systems start at once, possibly on a busy machine. */
const DEADLINE_MS = 300_000;

interface ClientOptions {
  until: ClientUntil;
  /** The methods of the requests, needed to parse the answers. */
  methods: readonly string[];
  /** Resolves when this many requests have reached the backend. */
  reached: (count: number) => Promise<void>;
}

/** Acts as a client. @throws when what it waits for does not come */
export async function playClient(
  port: number,
  steps: readonly ClientStep[],
  { until, methods, reached }: ClientOptions,
): Promise<ClientView> {
  const wire = openWire(port);
  try {
    for (const step of steps) {
      if (typeof step === 'string') wire.socket.write(Buffer.from(step, 'latin1'));
      else if ('await' in step) await wire.until(() => wire.received.includes(step.await), `${step.await} to come`);
      else if ('reaching' in step) await reached(step.reaching);
      else if ('waitMs' in step) await new Promise((resolve) => setTimeout(resolve, step.waitMs));
      else if (step.close === 'end') wire.socket.end();
      else wire.socket.resetAndDestroy();
    }
    const enough = () => finalAnswers(wire.received, methods) >= methods.length || isUpgraded(wire.received);
    if (until === 'answered') await wire.until(() => wire.end !== undefined || enough(), 'an answer');
    if (until === 'closed') await wire.until(() => wire.end !== undefined, 'the end');
    // What has arrived until then is all there is.
    if (until === 'sent') return viewOf(wire.received, methods, 'end');
    // Whether a connection closes after a complete answer is checked only if the scenario waits for that.
    const showsEnd = until === 'closed' || (until === 'answered' && !enough());
    return viewOf(wire.received, methods, showsEnd ? wire.end : undefined);
  } finally {
    wire.socket.destroy();
  }
}

interface Wire {
  socket: Socket;
  received: string;
  end: 'end' | 'reset' | undefined;
  until(holds: () => boolean, what: string): Promise<void>;
}

function openWire(port: number): Wire {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
  const waiting = new Set<() => void>();
  const changed = () => {
    for (const check of waiting) check();
  };
  const wire: Wire = {
    socket,
    received: '',
    end: undefined,
    until: (holds, what) =>
      new Promise((resolve, reject) => {
        const done = (error?: Error) => {
          waiting.delete(check);
          clearTimeout(timer);
          if (error === undefined) resolve();
          else reject(error);
        };
        const fail = (why: string) =>
          done(new Error(`${why} for ${what}; received ${JSON.stringify(wire.received.slice(0, 2_000))}`));
        const check = () => {
          if (holds()) done();
          else if (wire.end !== undefined) fail('the connection closed while waiting');
        };
        const timer = setTimeout(() => fail(`waited ${DEADLINE_MS} ms`), DEADLINE_MS);
        waiting.add(check);
        check();
      }),
  };
  socket.on('data', (chunk: Buffer) => {
    wire.received += chunk.toString('latin1');
    changed();
  });
  const ended = (how: 'end' | 'reset') => () => {
    wire.end ??= how;
    changed();
  };
  socket.on('end', ended('end'));
  socket.on('error', ended('reset'));
  socket.on('close', ended('end'));
  return wire;
}

function statusOf(message: ReadMessage): number {
  return Number(message.line.split(' ')[1]);
}

function isUpgraded(received: string): boolean {
  return /^HTTP\/1\.1 101 [\s\S]*\r\n\r\n/.test(received);
}

function finalAnswers(received: string, methods: readonly string[]): number {
  return viewOf(received, methods, undefined).answers.filter((each) => statusOf(each) >= 200).length;
}

/** @param end how the other side closed, so that no more will arrive */
function viewOf(received: string, methods: readonly string[], end: 'end' | 'reset' | undefined): ClientView {
  const answers: ReadMessage[] = [];
  let rest = received;
  let final = 0;
  while (rest !== '') {
    const reading = readAnswer(rest, methods[final] ?? '', end !== undefined);
    if (reading.kind !== 'message') break;
    answers.push(reading.message);
    rest = reading.rest;
    if (statusOf(reading.message) === 101) break;
    if (statusOf(reading.message) >= 200) final += 1;
  }
  return { answers, after: rest, ...(end === undefined ? {} : { end }) };
}
