import type { LogOwner } from './backend-log.js';
import type { OwnedRecord } from './follow.js';
import type { LogStore } from './log-store.js';

/** The unfinished lines that one log reader has received. */
export class UnfinishedLines {
  readonly #store: LogStore;
  readonly #told = new Map<string, string>();

  constructor(store: LogStore) {
    this.#store = store;
  }

  /** Handles a complete line, which replaces the unfinished one of the same backend and source. */
  finish({ owner, record }: OwnedRecord): void {
    this.#told.delete(`${owner.backendId} ${record.source}`);
  }

  /** Yields a backend's unfinished lines that have changed since the reader received them. */
  *changed(owner: LogOwner): Generator<OwnedRecord, void> {
    for (const source of ['stdout', 'stderr'] as const) {
      const key = `${owner.backendId} ${source}`;
      const text = this.#store.open(owner.backendId)?.unfinished(source) ?? '';
      if (text === '' || text === this.#told.get(key)) continue;
      this.#told.set(key, text);
      yield { owner, record: { timeMs: Date.now(), source, text }, unfinished: true };
    }
  }
}
