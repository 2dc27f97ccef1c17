import { existsSync, type FSWatcher, watch } from 'node:fs';
import { dirname } from 'node:path';
import { noteHandled } from '../os/debug/debug-log.js';

/** Until a deletion of many files is over, and before a program that is started next can look. */
const SETTLE_MS = 80;

/**
 * Calls back soon after a file was deleted, also with the folder that it is in. Where the system does not report that (its
 * watches are used up, the folder is on a network), it never does: callers have to check from time to time as well.
 */
export class DeletionNotice {
  readonly #onDeleted: () => void;
  #path: string;
  #watcher: FSWatcher | undefined;
  #settling: NodeJS.Timeout | undefined;

  constructor(path: string, onDeleted: () => void) {
    this.#path = path;
    this.#onDeleted = onDeleted;
    this.watch(path);
  }

  /** Watches for the deletion of a file that was created just now: a watch ends with the folder it was made for. */
  watch(path: string): void {
    this.#path = path;
    this.#watcher?.close();
    this.#watcher = undefined;
    try {
      this.#watcher = watch(dirname(path), { persistent: false }, () => this.#check());
      this.#watcher.on('error', () => undefined);
    } catch (error) {
      noteHandled('state', 'watching the state folder', error);
      // See above.
    }
  }

  close(): void {
    this.#watcher?.close();
    clearTimeout(this.#settling);
  }

  #check(): void {
    if (this.#settling !== undefined || existsSync(this.#path)) return;
    this.#settling = setTimeout(() => {
      this.#settling = undefined;
      this.#onDeleted();
    }, SETTLE_MS).unref();
  }
}
