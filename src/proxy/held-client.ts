import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { closeSlowly } from './client-connection.js';

/** What a client may send ahead of the answer to its upgrade. */
const MAX_AHEAD_BYTES = 64 * 1024;

/**
 * The connection of a client whose upgrade has no answer yet. It is read all the while, since only a connection that is
 * read tells when its client has left; what the client sends ahead is kept for the backend.
 */
export class HeldClient {
  readonly socket: Socket;
  /** For an answer in place of the upgrade. */
  readonly response: ServerResponse;
  #ahead: Buffer[] = [];
  #bytes = 0;
  #onLeft: () => void = () => undefined;
  #onTooMuch: () => void = () => undefined;

  /** @param head what was read behind the request's head */
  constructor(request: IncomingMessage, socket: Socket, head: Buffer) {
    this.socket = socket;
    this.response = new ServerResponse(request);
    this.response.shouldKeepAlive = false;
    this.response.assignSocket(socket);
    this.response.once('finish', this.#onAnswered);
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('close', this.#onClose);
    socket.on('drain', this.#onDrain);
    // An error on a socket without a listener would end the whole program.
    socket.on('error', this.#onError);
    if (head.length > 0) this.#onData(head);
  }

  /**
   * @param onLeft called once when the client has left or was answered: it may be called again
   * @param onTooMuch called when the client has sent more than is kept
   */
  watch(onLeft: () => void, onTooMuch: () => void): void {
    this.#onLeft = onLeft;
    this.#onTooMuch = onTooMuch;
    if (this.socket.destroyed) onLeft();
    else if (this.#bytes > MAX_AHEAD_BYTES) onTooMuch();
  }

  /** Lets go of the connection, which is the tunnel's now: the upgrade was accepted. @returns what the client sent ahead */
  release(): Buffer {
    const { socket, response } = this;
    response.off('finish', this.#onAnswered);
    response.detachSocket(socket);
    socket.off('data', this.#onData);
    socket.off('end', this.#onEnd);
    socket.off('close', this.#onClose);
    socket.off('error', this.#onError);
    socket.off('drain', this.#onDrain);
    socket.pause();
    return Buffer.concat(this.#ahead);
  }

  readonly #onData = (chunk: Buffer) => {
    this.#bytes += chunk.length;
    if (this.#bytes <= MAX_AHEAD_BYTES) {
      this.#ahead.push(chunk);
      return;
    }
    // From here on it is read and dropped.
    this.#ahead = [];
    this.#onTooMuch();
  };

  readonly #onEnd = () => {
    if (!this.response.writableEnded) this.socket.destroy();
  };
  readonly #onError = () => void this.socket.destroy();
  readonly #onClose = () => this.#onLeft();
  /** Node.js tells a response so, but only on connections that its parser reads. */
  readonly #onDrain = () => this.response.emit('drain');

  readonly #onAnswered = () => {
    this.response.detachSocket(this.socket);
    closeSlowly(this.socket);
    this.#onLeft();
  };
}
