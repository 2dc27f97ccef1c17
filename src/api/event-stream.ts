import { once } from 'node:events';
import type { Response } from 'express';

/** A stream of server-sent events, in the plain form that the official clients can read. */
export class EventStream {
  readonly #response: Response;
  readonly #closed = new AbortController();

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
    if (!this.#closed.signal.aborted) this.#response.write(`data: ${text}\n\n`);
  }

  /** Waits while the client reads more slowly than it is sent to. */
  async drained(): Promise<void> {
    if (!this.#response.writableNeedDrain) return;
    await once(this.#response, 'drain', { signal: this.#closed.signal }).catch(() => undefined);
  }

  end(): void {
    this.#response.end();
  }
}
