import { once } from 'node:events';
import type { Response } from 'express';
import { pause } from '../os/clock.js';
import { ignoreError } from '../os/debug/debug-log.js';

/**
 * The official clients parse each network chunk separately and lose an event that is split between two. A client reads
 * at most 64 KiB at once, and unread data is merged into one chunk, so bursts are kept smaller than that, with time to
 * read them.
 */
const BURST_BYTES = 16 * 1024;
const BURST_PAUSE_MS = 5;

/** A stream of server-sent events, in the simple format that the official clients can parse. */
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
    // HEAD requests get only the headers.
    if (response.req.method === 'HEAD') response.end();
    if (response.destroyed) this.#closed.abort();
    response.once('close', () => this.#closed.abort());
    response.on('error', () => this.#closed.abort());
  }

  /** Aborts when the client has disconnected or the stream has ended. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /**
   * Sends one event in a single write: `data:`, the text and a blank line. An event is therefore not split into two
   * chunks.
   * @param text without newlines
   */
  send(text: string): void {
    if (this.#closed.signal.aborted) return;
    const event = `data: ${text}\n\n`;
    this.#burstBytes += Buffer.byteLength(event);
    this.#response.write(event);
  }

  /** Waits until the client has probably read everything sent so far. Await this after each of many events. */
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
