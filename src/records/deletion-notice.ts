import { type FSWatcher, watch } from 'node:fs';

/** Until a deletion of many files is over, and before a program that is started next can look. */
const SETTLE_MS = 80;

/**
 * Calls back soon after something in a folder, or the folder itself, was made or deleted. Where the system can't tell (its
 * watches are used up, the folder is on a network), it never does: whoever has to know looks from time to time as well.
 */
export class DeletionNotice {
  readonly #folder: string;
  readonly #onChange: () => void;
  #watcher: FSWatcher | undefined;
  #settling: NodeJS.Timeout | undefined;

  constructor(folder: string, onChange: () => void) {
    this.#folder = folder;
    this.#onChange = onChange;
    this.renew();
  }

  /** Watches the folder that has that path now: a watch ends with the folder that it was made for. */
  renew(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    try {
      this.#watcher = watch(this.#folder, { persistent: false }, () => this.#settle());
      this.#watcher.on('error', () => undefined);
    } catch {
      // See above.
    }
  }

  close(): void {
    this.#watcher?.close();
    clearTimeout(this.#settling);
  }

  #settle(): void {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(this.#onChange, SETTLE_MS).unref();
  }
}
