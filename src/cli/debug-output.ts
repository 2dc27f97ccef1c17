import { listenToDebugLog } from '../os/debug/debug-log.js';
import { debugLines } from '../os/debug/debug-text.js';

/** Writes the debug log of this program, a line at a time. */
export class DebugOutput {
  #write: (line: string) => void;
  #isOn = false;

  /** @param write receives the lines: stderr, so that the output of a command does not change */
  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  /** Writes every entry from now on. Safe to call again. */
  start(): void {
    if (this.#isOn) return;
    this.#isOn = true;
    listenToDebugLog((entry) => {
      for (const line of debugLines(entry, new Date())) this.#write(line);
    });
  }

  /** Redirects the lines from now on: while a footer is shown, its screen has to write all lines. */
  redirect(write: (line: string) => void): void {
    this.#write = write;
  }
}
