import { listenToDebugLog } from '../os/debug/debug-log.js';
import { debugLines } from '../os/debug/debug-text.js';

/** Writes the debug log of this process line by line. */
export class DebugOutput {
  #write: (line: string) => void;
  #isOn = false;

  /** @param write receives the lines and writes them to stderr, so that the output of the command is unchanged */
  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  /** Starts writing all entries. Safe to call again. */
  start(): void {
    if (this.#isOn) return;
    this.#isOn = true;
    listenToDebugLog((entry) => {
      for (const line of debugLines(entry, new Date())) this.#write(line);
    });
  }

  /** Redirects all further lines: while a footer is shown, its screen has to write them. */
  redirect(write: (line: string) => void): void {
    this.#write = write;
  }
}
