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

const NEWLINE = Buffer.from('\n');

/**
 * The form on disk: `<ms since 1970> <o|e|j> <text>` and a newline. The text is kept as the bytes that were printed.
 */
export function encodeRecords(timeMs: number, source: LogRecord['source'], lines: readonly Buffer[]): Buffer {
  const head = Buffer.from(`${timeMs} ${LETTER_OF[source]} `);
  return Buffer.concat(lines.flatMap((line) => [head, line, NEWLINE]));
}

/** @returns undefined for a line that is not whole, as after a full disk */
export function decodeRecord(line: Buffer): LogRecord | undefined {
  const match = /^(\d{1,16}) ([oej]) /.exec(line.toString('latin1', 0, 24));
  if (match === null) return undefined;
  const source = SOURCE_OF[match[2] ?? ''];
  if (source === undefined) return undefined;
  return { timeMs: Number(match[1]), source, text: line.toString('utf8', match[0].length) };
}
