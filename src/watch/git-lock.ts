import { statSync } from 'node:fs';
import { type BytePath, join, toFsPath } from './byte-path.js';

/** If git holds the lock but no file has changed for this long, it was killed or is waiting for a person. */
const STALE_MS = 2000;

/**
 * Detects that git is in the middle of changing files, such as while checking out another branch. It then holds
 * `index.lock`.
 */
export class GitLock {
  readonly #gitDirs = new Set<BytePath>();
  /** Locks that no process seems to hold anymore. */
  readonly #stale = new Set<string>();

  add(gitDir: BytePath): void {
    this.#gitDirs.add(gitDir);
  }

  /** @param quietMs time since the last change of a file */
  isHeld(quietMs: number): boolean {
    for (const gitDir of this.#gitDirs) {
      const stats = statSync(toFsPath(join(gitDir, 'index.lock')), { throwIfNoEntry: false });
      if (stats === undefined) continue;
      const lock = `${stats.ino}:${stats.birthtimeMs}`;
      if (this.#stale.has(lock)) continue;
      if (quietMs < STALE_MS) return true;
      this.#stale.add(lock);
    }
    return false;
  }
}
