/** Longer lines are cut, so that a program that never prints a newline can't fill the memory. */
export const MAX_LINE_BYTES = 256 * 1024;

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * Splits a stream of bytes into lines, at newlines only (a `\r` before the newline is removed too). Works on bytes, so that
 * a character split across two chunks stays intact.
 *
 * In a line that becomes too long, `\r` first drops the parts that a later part overwrites in a terminal. A progress bar
 * that runs for hours keeps its last state.
 */
export class LineSplitter {
  readonly #maxBytes: number;
  readonly #keepReturns: boolean;
  #parts: Buffer[] = [];
  #length = 0;
  /** Whether the line has become too long. Then only its last part is kept, until the next part replaces it. */
  #replacing = false;
  /** Whether the last byte was a `\r`, while replacing. */
  #returned = false;

  /** @param keepReturns treats `\r` as an ordinary character */
  constructor(maxBytes = MAX_LINE_BYTES, keepReturns = false) {
    this.#maxBytes = maxBytes;
    this.#keepReturns = keepReturns;
  }

  /** Takes the next bytes. @returns the lines that they complete, without newlines */
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
    return this.hasUnfinished ? this.#complete(Buffer.alloc(0)) : undefined;
  }

  /** Whether there is a line without a newline yet. */
  get hasUnfinished(): boolean {
    return this.#length > 0;
  }

  /** Returns what a terminal shows of the unfinished line: the beginning of its last part, in whole characters. */
  unfinished(maxBytes: number): Buffer {
    return withoutTornCharacter(lastPart(Buffer.concat(this.#parts)).subarray(0, maxBytes));
  }

  #keep(bytes: Buffer): void {
    if (this.#replacing) return this.#replace(bytes);
    if (this.#keepReturns || this.#length + bytes.length <= this.#maxBytes) return this.#append(bytes);
    const all = Buffer.concat([...this.#parts, bytes]);
    this.#forget();
    this.#replacing = true;
    this.#replace(all);
  }

  #replace(bytes: Buffer): void {
    const last = lastPart(bytes);
    const end = last.byteOffset - bytes.byteOffset + last.length;
    if (last.length > 0 && (this.#returned || end > last.length)) {
      this.#parts = [];
      this.#length = 0;
    }
    if (last.length > 0) this.#returned = end < bytes.length;
    else this.#returned ||= bytes.length > 0;
    this.#append(last);
  }

  #append(part: Buffer): void {
    const room = this.#maxBytes - Math.min(this.#length, this.#maxBytes);
    // A copy, so that a few bytes do not keep the whole chunk in memory.
    if (room > 0 && part.length > 0) this.#parts.push(Buffer.from(part.subarray(0, room)));
    this.#length += part.length;
  }

  #complete(last: Buffer): Buffer {
    if (!this.hasUnfinished && !this.#replacing && last.length <= this.#maxBytes) return this.#finish(last);
    this.#keep(last);
    const cut = this.#length - this.#maxBytes;
    const line = Buffer.concat(this.#parts);
    this.#forget();
    return cut > 0 ? Buffer.concat([line, Buffer.from(` … (${cut} bytes cut)`)]) : this.#finish(line);
  }

  #finish(line: Buffer): Buffer {
    return !this.#keepReturns && line[line.length - 1] === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
  }

  #forget(): void {
    this.#parts = [];
    this.#length = 0;
    this.#replacing = false;
    this.#returned = false;
  }
}

/** Returns what a terminal finally shows of a line whose parts, separated by `\r`, overwrite each other. */
export function lastPart(line: Buffer): Buffer {
  let end = line.length;
  while (line[end - 1] === CARRIAGE_RETURN) end -= 1;
  return line.subarray(end === 0 ? 0 : line.lastIndexOf(CARRIAGE_RETURN, end - 1) + 1, end);
}

/** Drops an incomplete UTF-8 character at the end. */
function withoutTornCharacter(bytes: Buffer): Buffer {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? bytes.subarray(0, -back) : bytes;
  }
  return bytes;
}
