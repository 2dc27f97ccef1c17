import { JamdevError } from '../contract/errors/jamdev-error.js';
import type { Status } from '../contract/status.js';
import { pause } from '../os/clock.js';
import { noteHandled } from '../os/debug/debug-log.js';
import { orAborted } from '../os/or-aborted.js';
import { StatusListener } from './status-listener.js';
import { type StatusRow, statusesAfter } from './statuses.js';
import type { Store } from './tables.js';

/** How long a reader waits before it asks a database again that did not answer. */
const RETRY_AFTER_MS = 1_000;

/** Gives readers the statuses of backends as they are written, by whichever program on the same database. */
export class StatusFeed {
  readonly #store: Store;
  readonly #listener: StatusListener;
  /** What to call when a backend has a new status. */
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
   * Iterates over the statuses of a backend, in order and each once: those so far, then the next ones, until it has
   * terminated. While the database is away it waits.
   * @param after the last status that the reader knows; undefined: from the first one
   * @throws the signal's reason when it aborts
   */
  async *follow(id: string, signal: AbortSignal, after?: Status): AsyncGenerator<StatusRow, void, undefined> {
    let last = after;
    while (last !== 'terminated') {
      // Before it is read, so that no status can come between reading and waiting.
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

  /** Stops listening; never rejects. Readers end by their own signals. */
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
