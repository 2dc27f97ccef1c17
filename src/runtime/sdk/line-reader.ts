/** Longer lines are not reports; the longest report has 20 bytes. */
const MAX_LINE_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/** Assembles lines from chunks. A line that is too long is skipped, so that it can't fill the memory. */
export class LineReader {
  #parts: Buffer[] = [];
  #length = 0;

  /** Adds bytes. @returns the completed lines, without newlines */
  push(chunk: Buffer): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      this.#keep(chunk.subarray(start, end));
      if (this.#length <= MAX_LINE_BYTES) lines.push(Buffer.concat(this.#parts).toString());
      this.#parts = [];
      this.#length = 0;
      start = end + 1;
    }
    this.#keep(chunk.subarray(start));
    return lines;
  }

  #keep(bytes: Buffer): void {
    this.#length += bytes.length;
    if (this.#length <= MAX_LINE_BYTES) this.#parts.push(bytes);
    else this.#parts = [];
  }
}
