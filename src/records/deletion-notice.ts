import { existsSync, type FSWatcher, watch } from 'node:fs';
import { dirname } from 'node:path';
import { noteHandled } from '../os/debug/debug-log.js';

/** Long enough for the deletion of many files to finish, and short enough that a program started next sees the result. */
const SETTLE_MS = 80;

/**
 * Calls back soon after a file was deleted, alone or with its folder. If the system does not report deletions (watches are
 * used up, the folder is on a network drive), it never calls back, so callers must also check periodically.
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

  /**
   * Watches for the deletion of a file that was just created. Needed again for each file, since a watch ends with the
   * deletion of its folder.
   */
  watch(path: string): void {
    this.#path = path;
    this.#watcher?.close();
    this.#watcher = undefined;
    try {
      this.#watcher = watch(dirname(path), { persistent: false }, () => this.#check());
      this.#watcher.on('error', () => undefined);
    } catch (error) {
      noteHandled('state', 'watching the state folder', error);
      // Callers check periodically as well.
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
