/** A head and its body as received, without validation; text is one character per byte. */
export interface ReadMessage {
  line: string;
  headers: string[];
  body: string;
  /** How the end of the body was marked. */
  framing: 'none' | 'length' | 'chunked' | 'close';
  trailers: string[];
}

/** The first message of some bytes. */
export type Reading =
  | { kind: 'message'; message: ReadMessage; rest: string }
  | { kind: 'incomplete' }
  | { kind: 'not http' };

/** Reads one answer. @param closed no more will arrive */
export function readAnswer(text: string, method: string, closed: boolean): Reading {
  if (!'HTTP/'.startsWith(text.slice(0, 5))) return { kind: 'not http' };
  const head = readHead(text);
  if (head === undefined) return { kind: 'incomplete' };
  const status = Number(head.line.split(' ')[1]);
  if (status < 200 || status === 204 || status === 304 || method === 'HEAD') return bodyOf(head, 'none', 0);
  return readBody(head, closed, 'close');
}

/** Reads a complete request. */
export function readRequest(text: string): ReadMessage {
  const head = readHead(text);
  const reading = head === undefined ? undefined : readBody(head, true, 'none');
  if (reading?.kind !== 'message') throw new Error(`not a request: ${JSON.stringify(text.slice(0, 500))}`);
  return reading.message;
}

/** The value of a header, by its name in lowercase. */
function headerValue(headers: readonly string[], name: string): string | undefined {
  const line = headers.find((each) => each.toLowerCase().startsWith(`${name}:`));
  return line?.slice(name.length + 1).trim();
}

interface Head {
  line: string;
  headers: string[];
  behind: string;
}

function readHead(text: string): Head | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const [line = '', ...headers] = text.slice(0, end).split('\r\n');
  return { line, headers, behind: text.slice(end + 4) };
}

/** @param otherwise how a body ends without a header for its length */
function readBody(head: Head, closed: boolean, otherwise: 'close' | 'none'): Reading {
  if (/chunked/i.test(headerValue(head.headers, 'transfer-encoding') ?? '')) return readChunks(head, closed);
  const length = headerValue(head.headers, 'content-length');
  if (length === undefined) {
    if (otherwise === 'close' && !closed) return { kind: 'incomplete' };
    return bodyOf(head, otherwise, otherwise === 'close' ? head.behind.length : 0);
  }
  const isWhole = head.behind.length >= Number(length);
  return isWhole || closed ? bodyOf(head, 'length', Number(length)) : { kind: 'incomplete' };
}

function bodyOf({ line, headers, behind }: Head, framing: ReadMessage['framing'], length: number): Reading {
  const message = { line, headers, body: behind.slice(0, length), framing, trailers: [] };
  return { kind: 'message', message, rest: behind.slice(length) };
}

/** Chunk boundaries may change on the way, so only their content counts. */
function readChunks({ line, headers, behind }: Head, closed: boolean): Reading {
  let body = '';
  let rest = behind;
  for (;;) {
    const size = /^([0-9a-f]+)[^\r]*\r\n/i.exec(rest);
    const bytes = Number.parseInt(size?.[1] ?? '', 16);
    if (bytes === 0) break;
    const start = size?.[0].length ?? 0;
    if (size === null || rest.length < start + bytes + 2) {
      if (!closed) return { kind: 'incomplete' };
      // Cut off: the available part of the chunk.
      const message = {
        line,
        headers,
        body: body + rest.slice(start),
        framing: 'chunked' as const,
        trailers: ['(cut off)'],
      };
      return { kind: 'message', message, rest: '' };
    }
    body += rest.slice(start, start + bytes);
    rest = rest.slice(start + bytes + 2);
  }
  const end = /^0[^\r]*\r\n((?:[^\r]+\r\n)*)\r\n/.exec(rest);
  if (end === null && !closed) return { kind: 'incomplete' };
  const trailers = end === null ? ['(cut off)'] : (end[1] ?? '').split('\r\n').filter((each) => each !== '');
  return {
    kind: 'message',
    message: { line, headers, body, framing: 'chunked', trailers },
    rest: rest.slice(end?.[0].length),
  };
}
