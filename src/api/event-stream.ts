import { once } from 'node:events';
import type { Response } from 'express';
import { pause } from '../os/clock.js';
import { ignoreError } from '../os/debug/debug-log.js';

/**
 * The official clients read per network chunk and lose the event that one cuts in two. A client reads up to 64 KiB at
 * once, and what it has not read yet goes into one chunk; so it gets less than that, and the time to read it.
 */
const BURST_BYTES = 16 * 1024;
const BURST_PAUSE_MS = 5;

/** A stream of server-sent events, in the plain form that the official clients can read. */
export class EventStream {
  readonly #response: Response;
  readonly #closed = new AbortController();
  #burstBytes = 0;

  constructor(response: Response) {
    this.#response = response;
    response.statusCode = 200;
    response.setHeader('content-type', 'text/event-stream');
    response.setHeader('cache-control', 'no-cache');
    response.setHeader('x-accel-buffering', 'no');
    response.flushHeaders();
    // HEAD asks for the headers alone.
    if (response.req.method === 'HEAD') response.end();
    if (response.destroyed) this.#closed.abort();
    response.once('close', () => this.#closed.abort());
    response.on('error', () => this.#closed.abort());
  }

  /** Aborts when the client is gone or the stream has ended. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /**
   * Sends one event: `data:`, the text and a blank line, in one write, so that no event is split over two chunks.
   * @param text without newlines
   */
  send(text: string): void {
    if (this.#closed.signal.aborted) return;
    const event = `data: ${text}\n\n`;
    this.#burstBytes += Buffer.byteLength(event);
    this.#response.write(event);
  }

  /** To be waited for after each of many events: until the client can be expected to have read what was sent so far. */
  async drained(): Promise<void> {
    if (this.#response.writableNeedDrain) {
      await once(this.#response, 'drain', { signal: this.#closed.signal }).catch(
        ignoreError('api', 'waiting for a client to read'),
      );
    }
    if (this.#burstBytes < BURST_BYTES) return;
    this.#burstBytes = 0;
    await pause(BURST_PAUSE_MS);
  }

  end(): void {
    this.#response.end();
  }
}
