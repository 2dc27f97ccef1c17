import { pause } from '../os/clock.js';
import { noteHandled } from '../os/debug/debug-log.js';
import { deleteOldLogs } from '../store/backend-logs.js';
import type { Store } from '../store/tables.js';

const TURN_MS = 60 * 60 * 1000;

/** Deletes logs that were kept for long enough. */
export class LogRetention {
  readonly #store: Store;
  readonly #days: number;
  readonly #closing = new AbortController();
  #ended: Promise<void> | undefined;

  constructor(store: Store, days: number) {
    this.#store = store;
    this.#days = days;
  }

  /** Begins; until {@link close}. */
  start(): void {
    this.#ended ??= this.#run();
  }

  /** Never rejects. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#ended;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        await deleteOldLogs(this.#store, this.#days);
      } catch (error) {
        noteHandled('plane', 'deleting old logs', error);
      }
      await pause(TURN_MS, signal);
    }
  }
}
