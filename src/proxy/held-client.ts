import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { closeSlowly } from './client-connection.js';

/** Limit for data that a client sends before its upgrade is answered. */
const MAX_AHEAD_BYTES = 64 * 1024;

/**
 * The connection of a client whose upgrade has no answer yet. It is read all the time, since only a read reveals that
 * the client has disconnected. Data that the client sends early is kept for the backend.
 */
export class HeldClient {
  readonly socket: Socket;
  /** Sends an ordinary answer in place of the upgrade. */
  readonly response: ServerResponse;
  #ahead: Buffer[] = [];
  #bytes = 0;
  #onLeft: () => void = () => undefined;
  #onTooMuch: () => void = () => undefined;

  /** @param head the bytes that were read after the request's head */
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
    // An error event without a listener would end the whole process.
    socket.on('error', this.#onError);
    if (head.length > 0) this.#onData(head);
  }

  /**
   * @param onLeft called when the client has disconnected or was answered; may be called more than once
   * @param onTooMuch called when the client has sent more than the limit
   */
  watch(onLeft: () => void, onTooMuch: () => void): void {
    this.#onLeft = onLeft;
    this.#onTooMuch = onTooMuch;
    if (this.socket.destroyed) onLeft();
    else if (this.#bytes > MAX_AHEAD_BYTES) onTooMuch();
  }

  /** Releases the connection to the tunnel after an accepted upgrade. @returns the data that the client sent early */
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
    // All further data is read and dropped.
    this.#ahead = [];
    this.#onTooMuch();
  };

  readonly #onEnd = () => {
    if (!this.response.writableEnded) this.socket.destroy();
  };
  readonly #onError = () => void this.socket.destroy();
  readonly #onClose = () => this.#onLeft();
  /** Node.js forwards `drain` to a response itself, but only on connections that its parser reads. */
  readonly #onDrain = () => this.response.emit('drain');

  readonly #onAnswered = () => {
    this.response.detachSocket(this.socket);
    closeSlowly(this.socket);
    this.#onLeft();
  };
}
