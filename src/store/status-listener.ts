import pg from 'pg';
import { pause } from '../os/clock.js';
import { noteHandled } from '../os/debug/debug-log.js';

/** How long opening the connection, or an answer on it, may take. */
const ANSWER_MS = 5_000;
/** How often the connection is tried, so that one that was cut off without a word is noticed. */
const CHECK_EVERY_MS = 10_000;
/** How long to wait before the next attempt while the database is away. */
const RETRY_AFTER_MS = 500;
/** What the trigger of the table of statuses notifies. */
const CHANNEL = 'jamdev_status';

/** Listens to PostgreSQL's notifications of new statuses, on one connection for all that wait. */
export class StatusListener {
  readonly #url: string;
  readonly #onStatus: (backendId: string) => void;
  readonly #onConnected: () => void;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;

  /**
   * @param onStatus gets the id of a backend that has a new status
   * @param onConnected notifications before this may have been missed: readers that wait must look again
   */
  constructor(url: string, onStatus: (backendId: string) => void, onConnected: () => void) {
    this.#url = url;
    this.#onStatus = onStatus;
    this.#onConnected = onConnected;
    this.#running = this.#run();
  }

  /** Ends the connection; never rejects. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        await this.#listen(signal);
      } catch (error) {
        noteHandled('store', 'listening to new statuses', error);
      }
      await pause(RETRY_AFTER_MS, signal);
    }
  }

  /** Listens until the connection ends, or the listener is closed. */
  async #listen(signal: AbortSignal): Promise<void> {
    const client = new pg.Client({
      connectionString: this.#url,
      application_name: 'jamdev',
      connectionTimeoutMillis: ANSWER_MS,
      query_timeout: ANSWER_MS,
    });
    const ended = new AbortController();
    client.on('error', (error) => noteHandled('store', 'using the connection for notifications', error));
    client.once('end', () => ended.abort());
    client.on('notification', ({ payload }) => this.#onStatus(payload ?? ''));
    try {
      await client.connect();
      await client.query(`listen ${CHANNEL}`);
      this.#onConnected();
      const over = AbortSignal.any([signal, ended.signal]);
      while (!over.aborted) {
        await pause(CHECK_EVERY_MS, over);
        if (!over.aborted) await client.query('select 1');
      }
    } finally {
      // Not waited for: one that is cut off never ends in order.
      client.end().catch((error: unknown) => noteHandled('store', 'ending the connection for notifications', error));
    }
  }
}
