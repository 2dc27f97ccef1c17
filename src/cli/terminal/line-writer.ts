import { sliceToWidth } from './fit-text.js';
import { OpenLine } from './open-line.js';
import { type Output, toSafeJson } from './output.js';
import { plain, type Text } from './text.js';
import { textWidth } from './text-width.js';

/** How many bytes may be waiting for a slow reader before output of backends is dropped. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;

const CLEAR_LINE = '\r\u001b[2K';

/** Shows lines in place of the plain terminal. */
export interface LogScreen {
  /** Adds whole lines. */
  append(text: string): void;
  /** Shows unfinished lines as plain text, newest last. */
  live(lines: readonly string[]): void;
}

/**
 * Writes lines to a terminal or pipe that may be slower than the output. Backends must not wait for it and memory must
 * not fill up, so output of backends is dropped while too much is waiting. The logs contain everything. Unfinished
 * lines are shown below the others. Their key identifies their source; if only one fits, the newest is shown.
 */
export class LineWriter {
  readonly #output: Output;
  readonly #live = new Map<string, string>();
  readonly #openLine = new OpenLine();
  readonly #tellLeftOut: (count: number) => void;
  #leftOut = 0;
  #liveShown = false;
  #screen: LogScreen | undefined;

  /** @param tellLeftOut makes the remark about dropped lines of backends */
  constructor(output: Output, tellLeftOut?: (count: number) => void) {
    this.#output = output;
    this.#tellLeftOut =
      tellLeftOut ??
      ((count) =>
        this.write(`(${count} lines were not shown because they were printed too fast; to see them: npx jamdev logs)`));
  }

  /** Writes to a screen from now on, or to the plain terminal again if undefined. */
  writeTo(screen: LogScreen | undefined): void {
    if (this.#liveShown) this.#output.stream.write(CLEAR_LINE);
    this.#liveShown = false;
    this.#screen = screen;
    if (screen !== undefined) this.#showLive();
  }

  /** Writes a line; it is never dropped. */
  write(text: Text): void {
    this.writeLines(undefined, [text]);
  }

  /** Writes a value as a line of JSON; it is never dropped. */
  json(value: unknown): void {
    this.#output.json(value);
  }

  /** Shows a line that the next one with the same key replaces, in a terminal only; undefined removes it. */
  live(key: string, text: Text | undefined): void {
    if (text === undefined) this.#live.delete(key);
    else this.#setLive(key, plain(text));
    this.#showLive();
  }

  /** Shows an unfinished line of a program. Whole lines with the same key replace it. */
  unfinished(key: string, text: Text): void {
    if (this.#isTerminal) return this.live(key, text);
    if (this.#isBehind) return;
    const added = this.#openLine.unfinished(key, this.#output.render(text));
    if (added !== '') this.#output.stream.write(added);
  }

  /** Writes lines of a backend, unless too much is already waiting. */
  writeOutput(key: string, lines: readonly Text[]): void {
    if (!this.#isBehind) return this.writeLines(key, lines);
    this.#live.delete(key);
    this.#leaveOut(lines.length);
  }

  /** Writes lines of a backend as JSON values, unless too much is already waiting. */
  jsonOutput(values: readonly unknown[]): void {
    if (this.#isBehind) return this.#leaveOut(values.length);
    this.#output.stream.write(values.map((value) => `${toSafeJson(value)}\n`).join(''));
  }

  /** Writes whole lines, which are never dropped. Lines with a key replace the unfinished line of that key. */
  writeLines(key: string | undefined, lines: readonly Text[]): void {
    let text = '';
    for (const line of lines) text += `${this.#output.render(line)}\n`;
    if (key !== undefined) this.#live.delete(key);
    if (this.#screen !== undefined) {
      this.#screen.append(text);
    } else {
      // Converted to bytes: a waiting string would keep all the pieces from which it was concatenated, which take
      // several times as much memory.
      this.#output.stream.write(Buffer.from(`${this.#liveShown ? CLEAR_LINE : ''}${this.#openLine.finish(key, text)}`));
      this.#liveShown = false;
    }
    this.#showLive();
  }

  /** Ends the last line, and leaves the cursor at the beginning of the next one. */
  close(): void {
    const end = this.#liveShown ? '\n' : this.#openLine.close();
    this.#liveShown = false;
    this.#live.clear();
    if (end !== '') this.#output.stream.write(end);
  }

  /** The width of the terminal; 80 without a terminal. */
  get columns(): number {
    return this.#output.stream.columns ?? 80;
  }

  get #isTerminal(): boolean {
    return this.#output.stream.isTTY && process.env.TERM !== 'dumb';
  }

  get #isBehind(): boolean {
    return this.#output.stream.writableLength > MAX_WAITING_BYTES;
  }

  #setLive(key: string, text: string): void {
    if (this.#live.get(key) === text) return;
    // Removed first, so that the newest line is last.
    this.#live.delete(key);
    if (text !== '') this.#live.set(key, text);
  }

  #showLive(): void {
    const lines = [...this.#live.values()];
    if (this.#screen !== undefined) return this.#screen.live(lines);
    const newest = lines.at(-1);
    if (!this.#isTerminal || (newest === undefined && !this.#liveShown)) return;
    const columns = this.columns - 1;
    this.#output.stream.write(`${CLEAR_LINE}${sliceToWidth(newest ?? '', columns, textWidth)}`);
    this.#liveShown = newest !== undefined;
  }

  #leaveOut(count: number): void {
    if (this.#leftOut === 0) {
      this.#output.stream.once('drain', () => {
        this.#tellLeftOut(this.#leftOut);
        this.#leftOut = 0;
      });
    }
    this.#leftOut += count;
  }
}
