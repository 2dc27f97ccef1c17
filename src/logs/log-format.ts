import type { LogRecordJson } from '../contract/dev-endpoints.js';

/** One line of a log. */
export interface LogRecord {
  /** Milliseconds since 1970. */
  timeMs: number;
  /** The stream that the line was printed to, or `jamdev` for a remark by the dev server. */
  source: LogRecordJson['source'];
  text: string;
  /** Set if the record says how the backend ended. It is the last one. */
  isEnd?: true;
}

/** The kind of a record: a line of a stream, a remark, or the remark about the end. */
export type RecordKind = LogRecord['source'] | 'end';

const LETTER_OF = { stdout: 'o', stderr: 'e', jamdev: 'j', end: 'x' } as const satisfies Record<RecordKind, string>;
const KIND_OF: Record<string, RecordKind> = { o: 'stdout', e: 'stderr', j: 'jamdev', x: 'end' };

const NEWLINE = 0x0a;
const SCRATCH_BYTES = 128 * 1024;

/**
 * Encodes records in their format on disk: `<ms since 1970> <o|e|j|x> <text>` and a newline. The text is stored as the
 * printed bytes. The buffer is reused: otherwise a flood of output would leave as much garbage as it prints until the next
 * collection.
 */
export class RecordEncoder {
  #scratch = Buffer.alloc(0);

  /** @returns bytes that are valid until the next call */
  encode(timeMs: number, kind: RecordKind, lines: readonly Buffer[]): Buffer {
    const head = Buffer.from(`${timeMs} ${LETTER_OF[kind]} `);
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

/** @returns undefined for an incomplete line, as after a full disk */
export function decodeRecord(line: Buffer): LogRecord | undefined {
  const match = /^(\d{1,16}) ([oejx]) /.exec(line.toString('latin1', 0, 24));
  if (match === null) return undefined;
  const kind = KIND_OF[match[2] ?? ''];
  if (kind === undefined) return undefined;
  const record = { timeMs: Number(match[1]), text: line.toString('utf8', match[0].length) };
  return kind === 'end' ? { ...record, source: 'jamdev', isEnd: true } : { ...record, source: kind };
}
