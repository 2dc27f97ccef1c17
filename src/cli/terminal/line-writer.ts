import { sliceToWidth, type WidthOf } from './fit-text.js';

/** How much may wait for a slow reader before backends' output is left out. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;

const CLEAR_LINE = '\r\u001b[2K';

/** What a LineWriter writes to; process.stdout fits. */
export type OutputStream = Pick<NodeJS.WriteStream, 'write' | 'writableLength' | 'once' | 'isTTY' | 'columns' | 'rows'>;

/** What shows lines in place of the bare terminal. */
export interface LogScreen {
  /** Adds whole lines. */
  append(text: string): void;
  /** Shows a line of which only the newest matters; undefined: none. */
  live(text: string | undefined): void;
}

/**
 * Writes lines to a terminal or pipe that may be slower than what is printed. Backends must not wait for it and memory
 * must not fill up meanwhile, so what backends print is left out while too much is waiting; the logs have all of it.
 */
export class LineWriter {
  readonly #stream: OutputStream;
  #leftOut = 0;
  #liveShown = false;
  #widthOf: WidthOf | undefined;
  #screen: LogScreen | undefined;

  constructor(stream: OutputStream) {
    this.#stream = stream;
  }

  /** Loads what live lines need, which takes longer than a start should: until then there are none. */
  async prepareLive(): Promise<void> {
    if (this.#stream.isTTY && process.env.TERM !== 'dumb') this.#widthOf = (await import('string-width')).default;
  }

  /** Has a screen show what is written from now on; undefined: the bare terminal again. */
  writeTo(screen: LogScreen | undefined): void {
    if (this.#liveShown) this.#stream.write(CLEAR_LINE);
    this.#liveShown = false;
    this.#screen = screen;
  }

  /** Writes whole lines, in any case. */
  write(text: string): void {
    if (this.#screen === undefined) return this.#writeBare(text);
    this.#screen.live(undefined);
    this.#screen.append(text);
  }

  /** Shows a line until the next one comes; in a terminal only. */
  live(text: string): void {
    if (this.#screen !== undefined) return this.#screen.live(text);
    if (this.#widthOf === undefined) return;
    this.#stream.write(`${CLEAR_LINE}${sliceToWidth(text, (this.#stream.columns ?? 80) - 1, this.#widthOf)}`);
    this.#liveShown = true;
  }

  /** Writes lines that a backend printed, unless too much is waiting already. */
  writeOutput(lines: readonly string[]): void {
    if (this.#stream.writableLength <= MAX_WAITING_BYTES) {
      const text = lines.join('');
      if (this.#screen === undefined) this.#writeBare(text);
      else this.#screen.append(text);
      return;
    }
    if (this.#leftOut === 0) this.#stream.once('drain', () => this.#tellLeftOut());
    this.#leftOut += lines.length;
  }

  #writeBare(text: string): void {
    this.#stream.write(this.#liveShown ? `${CLEAR_LINE}${text}` : text);
    this.#liveShown = false;
  }

  #tellLeftOut(): void {
    this.write(`(${this.#leftOut} lines came too fast to be shown here: see npx jamdev logs)\n`);
    this.#leftOut = 0;
  }
}
