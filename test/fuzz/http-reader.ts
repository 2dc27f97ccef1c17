/** One HTTP/1.1 message as a strict reader parses it; text is one character per byte. */
export interface HttpMessage {
  startLine: string;
  headers: [name: string, value: string][];
  body: string;
  trailers: [name: string, value: string][];
  /** It had no length, so the end of the connection is its end. */
  untilClose: boolean;
}

/** The result of a strict reader: a message and what follows it, an incomplete message, or an error. */
export type Reading =
  | { kind: 'message'; message: HttpMessage; rest: string }
  | { kind: 'incomplete' }
  | { kind: 'invalid'; reason: string };

export interface ReadContext {
  /** A body may come without being announced (answers only). */
  isAnswer: boolean;
  /** The answer to HEAD, or with a status that has none: no body whatever the headers say. */
  bodyless: (startLine: string) => boolean;
  /** No more will come. */
  closed: boolean;
}

const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/s;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const REQUEST_LINE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+ [\x21-\x7e\x80-\xff]+ HTTP\/1\.1$/;
const STATUS_LINE = /^HTTP\/1\.1 [1-9]\d\d [\t\x20-\x7e\x80-\xff]*$/;
const INCOMPLETE: Reading = { kind: 'incomplete' };

/** Parses one message according to RFC 9112 without tolerance: whatever a reader would have to repair is invalid. */
export function readMessage(text: string, context: ReadContext): Reading {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return INCOMPLETE;
  const [startLine = '', ...lines] = text.slice(0, end).split('\r\n');
  if (!(context.isAnswer ? STATUS_LINE : REQUEST_LINE).test(startLine)) return invalid('start line', startLine);
  const headers = readFields(lines);
  if (typeof headers === 'string') return invalid('header', headers);
  return readBody({ startLine, headers }, text.slice(end + 4), context);
}

/** All values of a header, by its name in lowercase. */
export function valuesOf(headers: HttpMessage['headers'], name: string): string[] {
  return headers.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value);
}

/** The status of an answer's first line; NaN when there is none. */
export function statusOf(startLine: string): number {
  return Number(startLine.split(' ')[1]);
}

type Head = Pick<HttpMessage, 'startLine' | 'headers'>;

function readBody(head: Head, text: string, context: ReadContext): Reading {
  const lengths = valuesOf(head.headers, 'content-length');
  const codings = valuesOf(head.headers, 'transfer-encoding').join(',');
  if (lengths.length > 1) return invalid('content-length', lengths.join(' and '));
  if (lengths.length > 0 && codings !== '') return invalid('framing', 'content-length and transfer-encoding');
  const [length] = lengths;
  // Even without a body, the headers that announce one must be valid.
  if (length !== undefined && !isLength(length)) return invalid('content-length', length);
  // Chunked is the last coding and occurs once; codings before it belong to the body.
  const isChunked = /^(?:(?!chunked\b)[\w-]+\s*,\s*)*chunked$/i.test(codings);
  if (codings !== '' && !isChunked && (!context.isAnswer || /chunked/i.test(codings)))
    return invalid('transfer-encoding', codings);
  if (context.isAnswer && statusOf(head.startLine) < 200 && (length !== undefined || codings !== ''))
    return invalid('framing', `the status ${statusOf(head.startLine)} has no body`);
  if (context.bodyless(head.startLine)) return whole(head, '', text);
  if (isChunked) return readChunked(head, text);
  if (codings !== '') return untilClose(head, text, context);
  if (length !== undefined) {
    const size = Number(length);
    return text.length < size ? INCOMPLETE : whole(head, text.slice(0, size), text.slice(size));
  }
  return context.isAnswer ? untilClose(head, text, context) : whole(head, '', text);
}

/** Whether a text is a length that fits into 64 bits: readers refuse larger ones. */
function isLength(text: string): boolean {
  return /^\d+$/.test(text) && BigInt(text) < 2n ** 64n;
}

function readChunked(head: Head, text: string): Reading {
  let at = 0;
  let body = '';
  for (;;) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd === -1) return INCOMPLETE;
    const size = /^([0-9a-f]{1,15})(?:;[\t\x20-\x7e\x80-\xff]*)?$/i.exec(text.slice(at, lineEnd))?.[1];
    if (size === undefined) return invalid('chunk size', text.slice(at, lineEnd));
    at = lineEnd + 2;
    const bytes = Number.parseInt(size, 16);
    if (bytes === 0) return readTrailers(head, body, text, at);
    if (text.length < at + bytes + 2) return INCOMPLETE;
    body += text.slice(at, at + bytes);
    if (text.slice(at + bytes, at + bytes + 2) !== '\r\n') return invalid('chunk end', text.slice(at + bytes, at + 2));
    at += bytes + 2;
  }
}

function readTrailers(head: Head, body: string, text: string, at: number): Reading {
  const lines: string[] = [];
  for (let from = at; ; ) {
    const lineEnd = text.indexOf('\r\n', from);
    if (lineEnd === -1) return INCOMPLETE;
    if (lineEnd === from) {
      const trailers = readFields(lines);
      if (typeof trailers === 'string') return invalid('trailer', trailers);
      const framing = trailers.find(([name]) => /^(?:content-length|transfer-encoding|host)$/i.test(name));
      if (framing !== undefined) return invalid('trailer', framing.join(': '));
      return { kind: 'message', message: { ...head, body, trailers, untilClose: false }, rest: text.slice(from + 2) };
    }
    lines.push(text.slice(from, lineEnd));
    from = lineEnd + 2;
  }
}

function untilClose(head: Head, text: string, { closed }: ReadContext): Reading {
  if (!closed) return INCOMPLETE;
  return { kind: 'message', message: { ...head, body: text, trailers: [], untilClose: true }, rest: '' };
}

function whole(head: Head, body: string, rest: string): Reading {
  return { kind: 'message', message: { ...head, body, trailers: [], untilClose: false }, rest };
}

/** @returns the first line that is not a field, if any */
function readFields(lines: readonly string[]): [string, string][] | string {
  const fields: [string, string][] = [];
  for (const line of lines) {
    const [, name, value] = FIELD.exec(line) ?? [];
    if (name === undefined || value === undefined || !VALUE.test(value)) return line;
    fields.push([name, value]);
  }
  return fields;
}

function invalid(what: string, text: string): Reading {
  return { kind: 'invalid', reason: `${what}: ${JSON.stringify(text.slice(0, 120))}` };
}
