import type { LogRecordJson } from '../contract/dev-endpoints.js';

/** One line of a log. */
export interface LogRecord {
  /** Milliseconds since 1970. */
  timeMs: number;
  /** Where it was printed, or `jamdev` for a remark of the dev server's. */
  source: LogRecordJson['source'];
  text: string;
}

const LETTER_OF = { stdout: 'o', stderr: 'e', jamdev: 'j' } as const;
const SOURCE_OF: Record<string, LogRecord['source']> = { o: 'stdout', e: 'stderr', j: 'jamdev' };

const NEWLINE = 0x0a;
const SCRATCH_BYTES = 128 * 1024;

/**
 * Encodes records in the form on disk: `<ms since 1970> <o|e|j> <text>` and a newline. The text is kept as the bytes that
 * were printed. The memory is used again for the next records: a flood would otherwise leave as much behind as it prints,
 * until a garbage collection that is in no hurry.
 */
export class RecordEncoder {
  #scratch = Buffer.alloc(0);

  /** @returns bytes that are valid until the next call */
  encode(timeMs: number, source: LogRecord['source'], lines: readonly Buffer[]): Buffer {
    const head = Buffer.from(`${timeMs} ${LETTER_OF[source]} `);
    let size = 0;
    for (const line of lines) size += head.length + line.length + 1;
    const target = this.#provide(size);
    let at = 0;
    for (const line of lines) {
      at += head.copy(target, at);
      at += line.copy(target, at);
      target[at] = NEWLINE;
      at += 1;
    }
    return target.subarray(0, size);
  }

  #provide(size: number): Buffer {
    if (size > SCRATCH_BYTES) return Buffer.allocUnsafe(size);
    if (this.#scratch.length === 0) this.#scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
    return this.#scratch;
  }
}

/** @returns undefined for a line that is not whole, as after a full disk */
export function decodeRecord(line: Buffer): LogRecord | undefined {
  const match = /^(\d{1,16}) ([oej]) /.exec(line.toString('latin1', 0, 24));
  if (match === null) return undefined;
  const source = SOURCE_OF[match[2] ?? ''];
  if (source === undefined) return undefined;
  return { timeMs: Number(match[1]), source, text: line.toString('utf8', match[0].length) };
}
