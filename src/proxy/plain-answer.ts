import { announcesEnd } from './backend-connections.js';
import type { AnswerHead } from './response-head.js';

/** A plain HTTP/1.1 answer, which every parser reads in the same way. */
export interface PlainAnswer {
  head: AnswerHead;
  /** Length of the head in bytes. */
  headBytes: number;
  /** Length of the body in bytes. */
  bodyBytes: number;
  /** Whether the backend keeps the connection open. */
  keepsConnection: boolean;
}

/** The headers that decide how an answer is read. */
type Special = Partial<Record<'connection' | 'content-length' | 'keep-alive' | 'location', string>>;

/** Longer heads are left to Node.js, which enforces the limit. */
const MAX_HEAD_BYTES = 16 * 1024;
const STATUS_LINE = /^HTTP\/1\.1 ([2-9]\d\d)(?: ((?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?))?$/;
/** Allows white space only in front of the value, and only characters that can be written. */
const HEADER_LINE = /^([!#$%&'*+\-.^_`|~\w]+):[\t ]*((?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?)$/;
const LENGTH = /^\d{1,15}$/;

/**
 * Reads an answer if it is a plain one: its head is complete in the chunk and strictly valid, and it has a length or no
 * body. All others are left to Node.js's parser, which would read plain answers in the same way.
 * @param chunk the first data from the backend
 * @param isHead whether the request's method is HEAD
 * @returns undefined if the answer is not plain
 */
export function readPlainAnswer(chunk: Buffer, isHead: boolean): PlainAnswer | undefined {
  const end = chunk.indexOf('\r\n\r\n');
  if (end < 0 || end > MAX_HEAD_BYTES) return undefined;
  const lines = chunk.toString('latin1', 0, end).split('\r\n');
  const statusLine = STATUS_LINE.exec(lines[0] as string);
  if (statusLine === null) return undefined;
  const rawHeaders: string[] = [];
  const headers: Special = {};
  for (let index = 1; index < lines.length; index += 1) {
    const line = HEADER_LINE.exec(lines[index] as string);
    if (line === null) return undefined;
    const [, name = '', value = ''] = line;
    if (!noteSpecial(headers, name.toLowerCase(), value)) return undefined;
    rawHeaders.push(name, value);
  }
  const statusCode = Number(statusLine[1]);
  const isBodyless = statusCode === 204 || statusCode === 304;
  const length = headers['content-length'];
  const bodyBytes = isHead || isBodyless ? 0 : Number(length);
  const connection = headers.connection?.toLowerCase();
  if (Number.isNaN(bodyBytes) || (connection !== undefined && !/^(?:keep-alive|close)$/.test(connection)))
    return undefined;
  return {
    head: { httpVersion: '1.1', statusCode, statusMessage: statusLine[2] ?? '', rawHeaders, headers },
    headBytes: end + 4,
    bodyBytes,
    // An answer without a length may end with its connection, even an answer to HEAD.
    keepsConnection:
      (isBodyless || length !== undefined) && connection !== 'close' && !announcesEnd(headers['keep-alive'] ?? ''),
  };
}

/** @returns false if the header means that the answer is not plain */
function noteSpecial(headers: Special, lowerCaseName: string, value: string): boolean {
  switch (lowerCaseName) {
    case 'transfer-encoding':
    case 'trailer':
    case 'upgrade':
      return false;
    case 'content-length':
    case 'connection':
    case 'keep-alive':
    case 'location':
      if (headers[lowerCaseName] !== undefined) return false;
      headers[lowerCaseName] = value;
      return lowerCaseName !== 'content-length' || LENGTH.test(value);
    default:
      return true;
  }
}
