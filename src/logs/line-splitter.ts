/** Longer lines are cut, so that a program that never prints a newline can't fill the memory. */
export const MAX_LINE_BYTES = 256 * 1024;

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * Splits a stream of bytes into lines, at newlines only (a `\r` before one goes with it). Works on bytes, so that a
 * character cut in two by a chunk's end comes out whole.
 */
export class LineSplitter {
  readonly #maxBytes: number;
  readonly #keepReturns: boolean;
  #parts: Buffer[] = [];
  #length = 0;

  /** @param keepReturns a `\r` before a newline belongs to the line */
  constructor(maxBytes = MAX_LINE_BYTES, keepReturns = false) {
    this.#maxBytes = maxBytes;
    this.#keepReturns = keepReturns;
  }

  /** @returns the lines completed by this chunk, without their newlines */
  push(chunk: Buffer): Buffer[] {
    const lines: Buffer[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      lines.push(this.#complete(chunk.subarray(start, end)));
      start = end + 1;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
    return lines;
  }

  /** @returns the last line if the stream ended without a newline */
  flush(): Buffer | undefined {
    return this.#length === 0 ? undefined : this.#complete(Buffer.alloc(0));
  }

  #keep(part: Buffer): void {
    const room = this.#maxBytes - Math.min(this.#length, this.#maxBytes);
    // A copy: the chunk's memory must not be held for a few bytes of it.
    if (room > 0) this.#parts.push(Buffer.from(part.subarray(0, room)));
    this.#length += part.length;
  }

  #complete(last: Buffer): Buffer {
    if (this.#length === 0 && last.length <= this.#maxBytes) return this.#finish(last);
    this.#keep(last);
    const cut = this.#length - this.#maxBytes;
    const line = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#length = 0;
    return cut > 0 ? Buffer.concat([line, Buffer.from(` … (${cut} bytes cut)`)]) : this.#finish(line);
  }

  #finish(line: Buffer): Buffer {
    return !this.#keepReturns && line[line.length - 1] === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
  }
}
