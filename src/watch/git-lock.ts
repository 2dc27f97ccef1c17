import { statSync } from 'node:fs';
import { type BytePath, join, toFsPath } from './byte-path.js';

/** If git holds the lock and has changed no file for this long, it was killed or is waiting for a person. */
const STALE_MS = 2000;

/** Notices when git is in the middle of changing files, as in a checkout of another branch: it holds `index.lock` then. */
export class GitLock {
  readonly #gitDirs = new Set<BytePath>();
  /** Locks that nobody seems to hold anymore. */
  readonly #stale = new Set<string>();

  add(gitDir: BytePath): void {
    this.#gitDirs.add(gitDir);
  }

  /** @param quietMs how long ago the last file changed */
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
