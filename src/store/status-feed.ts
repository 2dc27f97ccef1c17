import { JamdevError } from '../contract/errors/jamdev-error.js';
import type { Status } from '../contract/status.js';
import { pause } from '../os/clock.js';
import { noteHandled } from '../os/debug/debug-log.js';
import { orAborted } from '../os/or-aborted.js';
import { StatusListener } from './status-listener.js';
import { type StatusRow, statusesAfter } from './statuses.js';
import type { Store } from './tables.js';

/** Pause before a reader queries the database again after a failure. */
const RETRY_AFTER_MS = 1_000;

/** Delivers the statuses of backends as any process with the same database writes them. */
export class StatusFeed {
  readonly #store: Store;
  readonly #listener: StatusListener;
  /** The callbacks to run when a backend has a new status. */
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(store: Store, url: string) {
    this.#store = store;
    this.#listener = new StatusListener(
      url,
      (id) => this.#wake(id),
      () => {
        for (const id of this.#waiting.keys()) this.#wake(id);
      },
    );
  }

  /**
   * Yields the statuses of a backend once each and in order: first the existing ones, then new ones until it has
   * terminated. Waits while the database is unavailable.
   * @param after the last status that the reader knows; undefined to begin with the first one
   * @throws the signal's reason when it aborts
   */
  async *follow(id: string, signal: AbortSignal, after?: Status): AsyncGenerator<StatusRow, void, undefined> {
    let last = after;
    while (last !== 'terminated') {
      // Registered before the read, so that no status is missed between reading and waiting.
      const news = this.#wait(id);
      try {
        const rows = await orAborted(this.#read(id, last, signal), signal);
        for (const row of rows) {
          yield row;
          last = row.status;
        }
        if (rows.length === 0) await orAborted(news.promise, signal);
      } finally {
        news.cancel();
      }
    }
  }

  /** Stops listening. Never rejects. Readers end by their own signals. */
  close(): Promise<void> {
    return this.#listener.close();
  }

  async #read(id: string, last: Status | undefined, signal: AbortSignal): Promise<StatusRow[]> {
    while (!signal.aborted) {
      try {
        return await statusesAfter(this.#store, id, last);
      } catch (error) {
        if (!(error instanceof JamdevError && error.code === 'DatabaseUnavailable')) throw error;
        noteHandled('store', 'reading statuses', error);
        await pause(RETRY_AFTER_MS, signal);
      }
    }
    throw signal.reason;
  }

  #wait(id: string): { promise: Promise<void>; cancel: () => void } {
    let wake: () => void = () => undefined;
    const promise = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const waiting = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, waiting.add(wake));
    const cancel = () => {
      waiting.delete(wake);
      if (waiting.size === 0 && this.#waiting.get(id) === waiting) this.#waiting.delete(id);
    };
    return { promise, cancel };
  }

  #wake(id: string): void {
    for (const wake of this.#waiting.get(id) ?? []) wake();
  }
}
