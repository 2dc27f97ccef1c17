import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { findSpoofedTrailers, findSpoofing, type Identity } from './backend-request.js';
import type { AnswerScript } from './grammar/answer.js';
import { piecesOf } from './grammar/text.js';
import { type HttpMessage, readMessage } from './http-reader.js';

/** How much of a request's head a backend reads before it considers it invalid. */
const MAX_HEAD_BYTES = 400_000;

/** What a backend must do, and what it has seen so far. */
export interface Assignment {
  answer: AnswerScript;
  /** The target of its request. */
  rest: string;
  /** Whether its request has arrived, and whether the answer has begun. */
  seen: boolean;
  played: boolean;
}

/**
 * The backends of a dev server as bare TCP servers, which answer as they are told and check every byte they receive.
 */
export class RawBackends {
  readonly assignments = new Map<string, Assignment>();
  /** Data that no backend should ever have received. */
  readonly problems: string[] = [];
  readonly #servers: Server[] = [];
  readonly #connections = new Set<BackendConnection>();

  /**
   * Listens where a backend is expected to.
   * @param attacker whose token fuzzed requests are sent with
   * @param bystander whose token the other requests have
   */
  async listen(port: number, attacker: Identity, bystander: Identity): Promise<void> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      const connection = new BackendConnection(socket, { x: attacker, p: attacker, s: bystander }, this);
      this.#connections.add(connection);
      socket.once('close', () => this.#connections.delete(connection));
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    this.#servers.push(server);
  }

  get openConnections(): number {
    return this.#connections.size;
  }

  /** Connections in the middle of a request. */
  get busy(): string[] {
    return [...this.#connections].filter((each) => !each.idle).map((each) => each.description);
  }

  close(): void {
    for (const server of this.#servers) server.close();
    for (const { socket } of this.#connections) socket.destroy();
  }
}

class BackendConnection {
  readonly socket: Socket;
  readonly #owners: Record<string, Identity>;
  readonly #backends: RawBackends;
  #received = '';
  /** The request being read, once its head has arrived. */
  #current: { id: string; assignment: Assignment | undefined } | undefined;
  #tunnel = false;
  #closing = false;

  constructor(socket: Socket, owners: Record<string, Identity>, backends: RawBackends) {
    this.socket = socket;
    this.#owners = owners;
    this.#backends = backends;
    socket.on('data', (chunk) => this.#read(chunk.toString('latin1')));
    socket.on('end', () => socket.end());
    socket.on('error', () => socket.destroy());
  }

  get idle(): boolean {
    return !this.#tunnel && this.#current === undefined && this.#received === '';
  }

  get description(): string {
    const at = this.#tunnel ? 'upgraded' : 'reading';
    return `${at}, ${JSON.stringify(this.#current?.id ?? '')}, ${JSON.stringify(this.#received.slice(0, 200))}`;
  }

  #read(text: string): void {
    this.#received += text;
    if (this.#closing) return;
    // Data of an accepted upgrade is not a request.
    while (!this.#tunnel && this.#received !== '' && this.#readOne());
  }

  /** @returns whether there was a complete request */
  #readOne(): boolean {
    const end = this.#received.indexOf('\r\n\r\n');
    if (end === -1) {
      if (this.#received.length > MAX_HEAD_BYTES) this.#refuse('an endless head');
      return false;
    }
    if (this.#current === undefined && !this.#begin(this.#received.slice(0, end + 4))) return false;
    const reading = readMessage(this.#received, { isAnswer: false, bodyless: () => false, closed: false });
    if (reading.kind === 'invalid') this.#refuse(reading.reason);
    if (reading.kind !== 'message') return false;
    this.#received = reading.rest;
    this.#finish(reading.message);
    return true;
  }

  /** Checks the head of a request. @returns whether it was expected */
  #begin(head: string): boolean {
    // The body does not matter yet.
    const reading = readMessage(head.replace(/^(?:content-length|transfer-encoding):.*\r\n/gim, ''), {
      isAnswer: false,
      bodyless: () => true,
      closed: false,
    });
    if (reading.kind !== 'message') return this.#refuse(reading.kind === 'invalid' ? reading.reason : 'a head cut off');
    const { startLine } = reading.message;
    const target = startLine.split(' ')[1] ?? '';
    if (target === '/' && startLine.startsWith('HEAD ')) {
      this.#current = { id: '', assignment: undefined };
      return true;
    }
    // Nothing is decoded or normalized, so that a target may begin with "/../".
    const [, kind, id = ''] = /\/([xps])([0-9a-z]{4})/.exec(target) ?? [];
    const assignment = this.#backends.assignments.get(id);
    const owner = this.#owners[kind ?? ''];
    if (owner === undefined || (kind === 'x' && assignment === undefined))
      return this.#refuse(`a stray request: ${head}`);
    for (const wrong of findSpoofing(reading.message, owner)) this.#report(`${wrong} in the request ${kind}${id}`);
    if (kind !== 'x') {
      this.#current = { id: `${kind}${id}`, assignment: undefined };
      return true;
    }
    if (assignment !== undefined) {
      assignment.seen = true;
      // Trailing spaces belong to the request line.
      const expected = assignment.rest.replace(/ +$/, '');
      if (!target.endsWith(expected)) this.#report(`the target of ${id} is ${target} in place of ${expected}`);
      if (assignment.answer.when === 'head') void this.#play(id, assignment);
    }
    this.#current = { id, assignment };
    return true;
  }

  #finish(message: HttpMessage): void {
    for (const wrong of findSpoofedTrailers(message)) this.#report(wrong);
    const { id = '', assignment } = this.#current ?? {};
    this.#current = undefined;
    if (assignment === undefined) {
      const body = message.startLine.startsWith('HEAD ') ? '' : id;
      this.socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${id.length}\r\nX-Fuzz-Id: ${id}\r\n\r\n${body}`, 'latin1');
    } else if (!assignment.played) {
      void this.#play(id, assignment);
    }
  }

  async #play(id: string, assignment: Assignment): Promise<void> {
    // From its start: an answer already given to the head must not be repeated for the whole request.
    assignment.played = true;
    const { text, cuts, ending } = assignment.answer;
    if (/^(?:HTTP\/1\.1 1(?!01)\d\d [^\r]*\r\n(?:[^\r]+\r\n)*\r\n)*HTTP\/1\.1 101 /.test(text)) this.#tunnel = true;
    const all = text.replaceAll('@ID@', id);
    for (const [index, piece] of piecesOf(all, cuts).entries()) {
      if (index > 0) await new Promise((resolve) => setImmediate(resolve));
      if (this.socket.writable) this.socket.write(piece, 'latin1');
    }
    if (ending === 'keep') return;
    this.#closing = true;
    if (ending === 'end') this.socket.end();
    else this.socket.resetAndDestroy();
  }

  #refuse(reason: string): false {
    this.#report(`a backend got ${reason}`);
    this.#closing = true;
    this.socket.destroy();
    return false;
  }

  #report(text: string): void {
    this.#backends.problems.push(text);
  }
}
