import type { Clock } from '../os/clock.js';
import { LineSplitter } from './line-splitter.js';

/** A line that is unfinished for this long is shown as it is, and updated at most this often. */
export const UNFINISHED_MS = 150;
/** Maximum length of an unfinished line that is shown. */
const MAX_SHOWN_BYTES = 8 * 1024;

/** The lines of one output stream, and the unfinished line as last reported. */
export class LineStream {
  readonly #clock: Clock;
  readonly #onUnfinished: (text: string) => void;
  readonly #splitter = new LineSplitter();
  #begunAtMs = 0;
  #told = '';
  #cancel: (() => void) | undefined;

  /** @param onUnfinished called when a line is still unfinished after a moment, and again when it has changed */
  constructor(clock: Clock, onUnfinished: (text: string) => void) {
    this.#clock = clock;
    this.#onUnfinished = onUnfinished;
  }

  /** The unfinished line as last reported; '' if there is none. */
  get told(): string {
    return this.#told;
  }

  /** The current unfinished line. */
  get unfinished(): string {
    return this.#splitter.unfinished(MAX_SHOWN_BYTES).toString('utf8');
  }

  /** Takes the next bytes. @returns the lines that they complete */
  push(chunk: Buffer): Buffer[] {
    const lines = this.#splitter.push(chunk);
    if (lines.length > 0) {
      this.#told = '';
      this.#begunAtMs = this.#clock.monotonicMs();
    }
    if (this.#cancel === undefined && this.#splitter.hasUnfinished) {
      if (this.#told === '') this.#begunAtMs = this.#clock.monotonicMs();
      this.#arm(UNFINISHED_MS);
    }
    return lines;
  }

  /** @returns the last line if the stream ended without a newline */
  end(): Buffer | undefined {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#told = '';
    return this.#splitter.flush();
  }

  #arm(ms: number): void {
    this.#cancel = this.#clock.after(ms, () => {
      this.#cancel = undefined;
      if (!this.#splitter.hasUnfinished) return;
      // The line has changed since the timer was started, so the new line gets its full time.
      const leftMs = this.#begunAtMs + UNFINISHED_MS - this.#clock.monotonicMs();
      if (leftMs > 0) return this.#arm(leftMs);
      const text = this.unfinished;
      if (text === this.#told) return;
      this.#told = text;
      this.#onUnfinished(text);
    });
  }
}
