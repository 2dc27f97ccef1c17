import type { BackendConnections } from './backend-connections.js';
import type { Exchange } from './exchange.js';
import { answerFailedAttempt } from './failed-attempt.js';
import { findUnwritable } from './header-lines.js';
import { writeHead } from './pass-on-answer.js';
import { type PlainAnswer, readPlainAnswer } from './plain-answer.js';
import type { ConnectionReader, PooledSocket } from './pooled-socket.js';
import { isRepeatable, type SentRequest, sendRequest } from './send-request.js';
import { announcesBody } from './upgrade-offer.js';

/** Up to this size, the first chunk of a body is copied so that it is written together with the head. */
const MAX_BYTES_WITH_HEAD = 8 * 1024;
/** The characters that Node.js accepts in a path. */
const PATH = /^[!-\xff]+$/;

/** Whether a request has no body and is not an upgrade, so that only its head is sent to the backend. */
export function isHeadOnly({ request, expectsContinue, held }: Exchange): boolean {
  return held === undefined && !expectsContinue && !announcesBody(request) && !('expect' in request.headers);
}

/** Whether Node.js can write all of a request. If not, Node.js's HTTP client is used, which reports the fault. */
export function isWritable({ path, headers }: SentRequest): boolean {
  return PATH.test(path) && findUnwritable(headers) === undefined;
}

/**
 * Sends a plain request to the backend, and a plain answer back. Node.js's HTTP client would take several times as long
 * (docs/decisions/014-plain-requests.md); it takes over the connection if the answer is not plain.
 */
export function sendPlain(exchange: Exchange, sent: SentRequest, connections: BackendConnections): void {
  const socket = connections.take(sent.destination);
  new PlainExchange(exchange, sent, connections, socket).send();
}

class PlainExchange implements ConnectionReader {
  readonly #exchange: Exchange;
  readonly #sent: SentRequest;
  readonly #connections: BackendConnections;
  /** Undefined once the connection no longer belongs to this exchange. */
  #socket: PooledSocket | undefined;
  #answer: PlainAnswer | undefined;
  #missingBytes = 0;

  constructor(exchange: Exchange, sent: SentRequest, connections: BackendConnections, socket: PooledSocket) {
    this.#exchange = exchange;
    this.#sent = sent;
    this.#connections = connections;
    this.#socket = socket;
  }

  send(): void {
    const socket = this.#socket as PooledSocket;
    const { path, headers } = this.#sent;
    socket.reader = this;
    this.#exchange.whenOver(() => this.#drop());
    let head = `${this.#exchange.request.method} ${path} HTTP/1.1\r\n`;
    for (let index = 0; index < headers.length; index += 2) head += `${headers[index]}: ${headers[index + 1]}\r\n`;
    socket.write(`${head}\r\n`, 'latin1');
  }

  onData(chunk: Buffer): void {
    try {
      if (this.#answer === undefined) this.#begin(chunk);
      else this.#passOn(chunk);
    } catch (error) {
      this.#exchange.fault(error);
    }
  }

  onLost(error: NodeJS.ErrnoException | undefined): void {
    const exchange = this.#exchange;
    const isReused = this.#socket?.isReused === true;
    this.#socket = undefined;
    exchange.run(() => {
      const { response } = exchange;
      // Aborts the answer so that the client can't mistake the part that it has for the whole.
      if (this.#answer !== undefined) response.destroy();
      else if (isReused && isRepeatable(exchange, error?.code ?? 'ECONNRESET'))
        sendRequest(exchange, this.#sent, this.#connections, { isRepeated: true });
      else answerFailedAttempt(exchange, error ?? hungUp());
    });
  }

  #begin(chunk: Buffer): void {
    const exchange = this.#exchange;
    if (exchange.response.headersSent || exchange.isAnswered) return this.#drop();
    const answer = readPlainAnswer(chunk, exchange.request.method === 'HEAD');
    if (answer === undefined) return this.#leaveToNode(chunk);
    this.#answer = answer;
    this.#missingBytes = answer.bodyBytes;
    if (writeHead(exchange, answer.head) === undefined) return this.#drop();
    this.#passOn(chunk.subarray(answer.headBytes));
  }

  #passOn(chunk: Buffer): void {
    const { response } = this.#exchange;
    const isFirst = this.#missingBytes === this.#answer?.bodyBytes;
    const part = chunk.length > this.#missingBytes ? chunk.subarray(0, this.#missingBytes) : chunk;
    this.#missingBytes -= part.length;
    // As text, the chunk is sent together with the head in one write, which makes the proxy a tenth faster. Latin-1
    // keeps every byte.
    const isText = isFirst && part.length <= MAX_BYTES_WITH_HEAD;
    if (this.#missingBytes === 0) {
      this.#giveBack(part.length === chunk.length);
      if (isText) response.end(part.toString('latin1'), 'latin1');
      else response.end(part);
      return;
    }
    const goesOn = isText ? response.write(part.toString('latin1'), 'latin1') : response.write(part);
    if (goesOn) return;
    const socket = this.#socket;
    socket?.pause();
    response.once('drain', () => socket?.resume());
  }

  /** @param isWhole false if more data followed the answer */
  #giveBack(isWhole: boolean): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    this.#socket = undefined;
    socket.closesSoon = !isWhole || this.#answer?.keepsConnection !== true;
    this.#connections.giveBack(socket);
  }

  /**
   * Hands the connection to Node.js's HTTP client, which reads the answer from its first byte and doesn't send the
   * request again.
   */
  #leaveToNode(chunk: Buffer): void {
    const socket = this.#socket as PooledSocket;
    this.#socket = undefined;
    socket.pause();
    socket.unshift(chunk);
    socket.isSent = true;
    sendRequest(this.#exchange, this.#sent, this.#connections, { connection: socket });
  }

  /** Closes the connection if the exchange on it is incomplete. */
  #drop(): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    this.#socket = undefined;
    socket.reader = undefined;
    socket.destroy();
  }
}

function hungUp(): NodeJS.ErrnoException {
  return Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
}
