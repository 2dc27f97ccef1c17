/** How much may wait for a slow reader before backends' output is left out. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;

const CLEAR_LINE = '\r\u001b[2K';

/** What a LineWriter writes to; process.stdout fits. */
export type OutputStream = Pick<NodeJS.WriteStream, 'write' | 'writableLength' | 'once' | 'isTTY' | 'columns'>;

/**
 * Writes lines to a terminal or pipe that may be slower than what is printed. Backends must not wait for it and memory
 * must not fill up meanwhile, so what backends print is left out while too much is waiting; the logs have all of it.
 */
export class LineWriter {
  readonly #stream: OutputStream;
  #leftOut = 0;
  #liveShown = false;
  #widthOf: ((text: string) => number) | undefined;

  constructor(stream: OutputStream) {
    this.#stream = stream;
  }

  /** Loads what live lines need, which takes longer than a start should: until then there are none. */
  async prepareLive(): Promise<void> {
    if (this.#stream.isTTY) this.#widthOf = (await import('string-width')).default;
  }

  /** Writes whole lines, in any case. */
  write(text: string): void {
    this.#stream.write(this.#liveShown ? `${CLEAR_LINE}${text}` : text);
    this.#liveShown = false;
  }

  /** Shows a line until the next one comes; in a terminal only. */
  live(text: string): void {
    if (this.#widthOf === undefined) return;
    this.#stream.write(`${CLEAR_LINE}${sliceToWidth(text, (this.#stream.columns ?? 80) - 1, this.#widthOf)}`);
    this.#liveShown = true;
  }

  /** Writes lines that a backend printed, unless too much is waiting already. */
  writeOutput(lines: readonly string[]): void {
    if (this.#stream.writableLength <= MAX_WAITING_BYTES) {
      this.write(lines.join(''));
      return;
    }
    if (this.#leftOut === 0) this.#stream.once('drain', () => this.#tellLeftOut());
    this.#leftOut += lines.length;
  }

  #tellLeftOut(): void {
    this.write(`(${this.#leftOut} lines came too fast to be shown here: see jamdev logs)\n`);
    this.#leftOut = 0;
  }
}

/** The beginning of a text that fits into so many columns; a wide character counts two. */
function sliceToWidth(text: string, columns: number, widthOf: (text: string) => number): string {
  let width = 0;
  let fitting = '';
  for (const character of text) {
    width += widthOf(character);
    if (width > columns) break;
    fitting += character;
  }
  return fitting;
}
