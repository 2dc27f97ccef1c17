import pg from 'pg';
import { pause } from '../os/clock.js';
import { noteHandled } from '../os/debug/debug-log.js';

/** Timeout for opening the connection, or for an answer on it. */
const ANSWER_MS = 5_000;
/** How often the connection is tested, so that a silently broken one is noticed. */
const CHECK_EVERY_MS = 10_000;
/** Pause before the next attempt while the database is unavailable. */
const RETRY_AFTER_MS = 500;
/** The channel that the trigger on the status table notifies. */
const CHANNEL = 'jamdev_status';

/** Listens to PostgreSQL's notifications of new statuses, on one connection for all readers. */
export class StatusListener {
  readonly #url: string;
  readonly #onStatus: (backendId: string) => void;
  readonly #onConnected: () => void;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;

  /**
   * @param onStatus receives the id of a backend with a new status
   * @param onConnected called when earlier notifications may have been missed, so that waiting readers must query again
   */
  constructor(url: string, onStatus: (backendId: string) => void, onConnected: () => void) {
    this.#url = url;
    this.#onStatus = onStatus;
    this.#onConnected = onConnected;
    this.#running = this.#run();
  }

  /** Closes the connection. Never rejects. */
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

  /** Listens until the connection ends or the listener is closed. */
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
      // Not awaited, because a broken connection never ends properly.
      client.end().catch((error: unknown) => noteHandled('store', 'ending the connection for notifications', error));
    }
  }
}
