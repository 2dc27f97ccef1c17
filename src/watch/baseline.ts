import { lstat } from 'node:fs/promises';
import { ignoreError } from '../os/debug/debug-log.js';
import { createFingerprint, type Fingerprint } from '../os/fingerprint.js';
import { type BytePath, join, toFsPath } from './byte-path.js';
import type { Entry } from './watched-folder.js';

/** How far apart the clocks of this machine and of a file server may be. */
const CLOCK_SKEW_MS = 10_000;
/** How many files are read at once. */
const WORKERS = [1, 2];

/** A file that is still to be read. */
interface Waiting {
  /** Its folder: one string shared by all files in it, as there can be very many. */
  folder: BytePath;
  name: string;
  entry: Entry;
  isPolled: boolean;
}

/**
 * Records the state of files that later states are compared with. It reads one file after another once watching has
 * begun, so that nothing has to wait for it.
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

  /** Reads what was added; does nothing if it is reading already. */
  run(): void {
    if (this.#isRunning || this.#closed) return;
    this.#isRunning = true;
    this.#running = Promise.all(WORKERS.map(() => this.#work())).then(() => {
      this.#isRunning = false;
    });
  }

  /** Resolves when nothing is left to do. */
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
    // Changes from before it was read have been reported: all events of one turn are passed on in that turn.
    await new Promise(setImmediate);
    if (!isOpen()) return;
    if (isPolled && (await this.#mayHaveChanged(path))) return;
    if (isOpen()) entry.fingerprint = fingerprint;
  }

  /** Changes to polled files are reported much later: the file itself has to show that it did not change. */
  async #mayHaveChanged(path: BytePath): Promise<boolean> {
    const stats = await lstat(toFsPath(path)).catch(ignoreError('watch', 'looking at a watched file'));
    return stats === undefined || stats.ctimeMs > this.#startedAtMs - CLOCK_SKEW_MS;
  }
}
