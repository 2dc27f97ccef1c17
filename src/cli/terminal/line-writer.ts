import { sliceToWidth } from './fit-text.js';
import { OpenLine } from './open-line.js';
import { type Output, toSafeJson } from './output.js';
import { plain, type Text } from './text.js';
import { textWidth } from './text-width.js';

/** How much may wait for a slow reader before backends' output is left out. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;

const CLEAR_LINE = '\r\u001b[2K';

/** What shows lines in place of the bare terminal. */
export interface LogScreen {
  /** Adds whole lines. */
  append(text: string): void;
  /** Shows lines that are not finished, the newest last. They are plain text. */
  live(lines: readonly string[]): void;
}

/**
 * Writes lines to a terminal or pipe that may be slower than what is printed. Backends must not wait for it and memory
 * must not fill up meanwhile, so what backends print is left out while too much is waiting; the logs have all of it.
 *
 * Unfinished lines are shown below the others. Their key identifies their source; where there is room for only one, the
 * newest is shown.
 */
export class LineWriter {
  readonly #output: Output;
  readonly #live = new Map<string, string>();
  readonly #openLine = new OpenLine();
  readonly #tellLeftOut: (count: number) => void;
  #leftOut = 0;
  #liveShown = false;
  #screen: LogScreen | undefined;

  /** @param tellLeftOut says how many lines of backends were left out */
  constructor(output: Output, tellLeftOut?: (count: number) => void) {
    this.#output = output;
    this.#tellLeftOut =
      tellLeftOut ??
      ((count) => this.write(`(${count} lines were printed too fast to be shown here; to see them: npx jamdev logs)`));
  }

  /** Has a screen show what is written from now on; undefined: the bare terminal again. */
  writeTo(screen: LogScreen | undefined): void {
    if (this.#liveShown) this.#output.stream.write(CLEAR_LINE);
    this.#liveShown = false;
    this.#screen = screen;
    if (screen !== undefined) this.#showLive();
  }

  /** Writes a line, in any case. */
  write(text: Text): void {
    this.writeLines(undefined, [text]);
  }

  /** Writes a value as JSON in a line, in any case. */
  json(value: unknown): void {
    this.#output.json(value);
  }

  /** Shows a line that the next one of the same key replaces, in a terminal only; undefined removes it. */
  live(key: string, text: Text | undefined): void {
    if (text === undefined) this.#live.delete(key);
    else this.#setLive(key, plain(text));
    this.#showLive();
  }

  /** Shows a line that a program has not finished yet. Whole lines of the same key replace it. */
  unfinished(key: string, text: Text): void {
    if (this.#isTerminal) return this.live(key, text);
    if (this.#isBehind) return;
    const added = this.#openLine.unfinished(key, this.#output.render(text));
    if (added !== '') this.#output.stream.write(added);
  }

  /** Writes lines that a backend printed, unless too much is waiting already. */
  writeOutput(key: string, lines: readonly Text[]): void {
    if (!this.#isBehind) return this.writeLines(key, lines);
    this.#live.delete(key);
    this.#leaveOut(lines.length);
  }

  /** The same for a program that reads them: each as a JSON value. */
  jsonOutput(values: readonly unknown[]): void {
    if (this.#isBehind) return this.#leaveOut(values.length);
    this.#output.stream.write(values.map((value) => `${toSafeJson(value)}\n`).join(''));
  }

  /** Writes whole lines, in any case; those of a key replace its unfinished line. */
  writeLines(key: string | undefined, lines: readonly Text[]): void {
    let text = '';
    for (const line of lines) text += `${this.#output.render(line)}\n`;
    if (key !== undefined) this.#live.delete(key);
    if (this.#screen !== undefined) {
      this.#screen.append(text);
    } else {
      // As bytes: a string that waits would still be made of all its pieces, several times as large.
      this.#output.stream.write(Buffer.from(`${this.#liveShown ? CLEAR_LINE : ''}${this.#openLine.finish(key, text)}`));
      this.#liveShown = false;
    }
    this.#showLive();
  }

  /** Leaves the last line as it is, and the cursor at the beginning of the next. */
  close(): void {
    const end = this.#liveShown ? '\n' : this.#openLine.close();
    this.#liveShown = false;
    this.#live.clear();
    if (end !== '') this.#output.stream.write(end);
  }

  /** How wide the terminal is; 80 where there is none. */
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
    // The newest stands last.
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
