import { lstat } from 'node:fs/promises';
import { ignoreError } from '../os/debug/debug-log.js';
import { createFingerprint, type Fingerprint } from '../os/fingerprint.js';
import { type BytePath, join, toFsPath } from './byte-path.js';
import type { Entry } from './watched-folder.js';

/** The largest expected difference between the clocks of this machine and a file server. */
const CLOCK_SKEW_MS = 10_000;
/** How many files are read at once. */
const WORKERS = [1, 2];

/** A file that must still be read. */
interface Waiting {
  /** The file's folder. All files of a folder share one string, since there can be very many. */
  folder: BytePath;
  name: string;
  entry: Entry;
  isPolled: boolean;
}

/**
 * Records the initial state of files, which later states are compared with. It reads one file after another once watching
 * has begun, so that nothing waits for it.
 */
export class Baseline {
  readonly #fingerprint: Fingerprint = createFingerprint();
  readonly #startedAtMs = Date.now();
  readonly #waiting: Waiting[] = [];
  #running: Promise<void> = Promise.resolve();
  #isRunning = false;
  #closed = false;

  add(folder: BytePath, name: string, entry: Entry, isPolled: boolean): void {
    this.#waiting.push({ folder, name, entry, isPolled });
  }

  /** Reads the added files. Does nothing if a run is already in progress. */
  run(): void {
    if (this.#isRunning || this.#closed) return;
    this.#isRunning = true;
    this.#running = Promise.all(WORKERS.map(() => this.#work())).then(() => {
      this.#isRunning = false;
    });
  }

  /** Resolves when all added files were read. */
  done(): Promise<void> {
    return this.#running;
  }

  close(): void {
    this.#closed = true;
    this.#waiting.length = 0;
  }

  async #work(): Promise<void> {
    for (let next = this.#waiting.pop(); next !== undefined; next = this.#waiting.pop()) await this.#make(next);
  }

  async #make({ folder, name, entry, isPolled }: Waiting): Promise<void> {
    const isOpen = () => !entry.touched && entry.fingerprint === undefined;
    if (!isOpen()) return;
    const path = join(folder, name);
    const fingerprint = await this.#fingerprint(toFsPath(path));
    // Earlier changes have been reported by then: all events of one turn are delivered in that turn.
    await new Promise(setImmediate);
    if (!isOpen()) return;
    if (isPolled && (await this.#mayHaveChanged(path))) return;
    if (isOpen()) entry.fingerprint = fingerprint;
  }

  /**
   * Whether a polled file may have changed since watching began. Its changes are reported much later, so only the file's own
   * timestamp can rule that out.
   */
  async #mayHaveChanged(path: BytePath): Promise<boolean> {
    const stats = await lstat(toFsPath(path)).catch(ignoreError('watch', 'looking at a watched file'));
    return stats === undefined || stats.ctimeMs > this.#startedAtMs - CLOCK_SKEW_MS;
  }
}
