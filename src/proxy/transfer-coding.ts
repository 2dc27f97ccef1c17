import type { IncomingMessage } from 'node:http';
import { readList } from './header-lines.js';

/**
 * How a message marks the end of its body: `none` (no Transfer-Encoding), `chunked`, or `unchunked` (another coding,
 * whose body ends with the connection).
 */
export type TransferCoding = { kind: 'none' } | { kind: 'chunked' | 'unchunked'; value: string } | { kind: 'invalid' };

const NONE: TransferCoding = { kind: 'none' };

/**
 * Reads the Transfer-Encoding of a message. `chunked` may appear only once, at the end of the list (RFC 9112, section
 * 6.1). Any other use of the word is invalid, since parsers and writers interpret it differently.
 */
export function readTransferCoding({
  headers,
  rawHeaders,
}: Pick<IncomingMessage, 'headers' | 'rawHeaders'>): TransferCoding {
  if (headers['transfer-encoding'] === undefined) return NONE;
  const codings = readList(rawHeaders, 'transfer-encoding');
  if (codings.length === 0) return NONE;
  const before = codings.slice(0, -1);
  const isChunked = codings.at(-1) === 'chunked';
  if (before.some((coding) => coding.includes('chunked'))) return { kind: 'invalid' };
  if (!isChunked && codings.at(-1)?.includes('chunked')) return { kind: 'invalid' };
  return { kind: isChunked ? 'chunked' : 'unchunked', value: codings.join(', ') };
}
