import type { IncomingMessage } from 'node:http';
import { readList } from './header-lines.js';

/**
 * How a message says where its body ends: `none` (no Transfer-Encoding), `chunked`, or `unchunked` (another coding, whose
 * body ends with the connection).
 */
export type TransferCoding = { kind: 'none' } | { kind: 'chunked' | 'unchunked'; value: string } | { kind: 'invalid' };

const NONE: TransferCoding = { kind: 'none' };

/**
 * Reads the Transfer-Encoding of a message. Only the end of the list may be `chunked`, and only once (RFC 9112, section
 * 6.1). Whatever else has that word in it is invalid: parsers and writers differ in what they take it for.
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
