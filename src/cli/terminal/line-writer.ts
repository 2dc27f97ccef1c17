/** How much may wait for a slow reader before backends' output is left out. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;

/** What a LineWriter writes to; process.stdout fits. */
export type OutputStream = Pick<NodeJS.WriteStream, 'write' | 'writableLength' | 'once'>;

/**
 * Writes lines to a terminal or pipe that may be slower than what is printed. Backends must not wait for it and memory
 * must not fill up meanwhile, so what backends print is left out while too much is waiting; the logs have all of it.
 */
export class LineWriter {
  readonly #stream: OutputStream;
  #leftOut = 0;

  constructor(stream: OutputStream) {
    this.#stream = stream;
  }

  /** Writes whole lines, in any case. */
  write(text: string): void {
    this.#stream.write(text);
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
