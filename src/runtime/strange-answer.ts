/** An answer to an HTTP request that is not HTTP/1. */
export type StrangeAnswer =
  | { kind: 'tls' }
  | { kind: 'http2' }
  /** The server sent something else, which begins with `firstBytes`. */
  | { kind: 'other'; firstBytes: Buffer }
  /**
   * The server closed the connection without an answer. Docker also does that for a container that is not listening
   * yet.
   */
  | { kind: 'closed' }
  /** The server accepted the connection but has sent nothing for this time. */
  | { kind: 'silent'; ms: number };

const SHOWN_BYTES = 40;
const TLS_ALERT = 0x15;
const HTTP2_SETTINGS = 4;
const HTTP2_FRAME_HEADER_BYTES = 9;

/** Identifies the protocol of a server from the bytes that it sent instead of an HTTP/1 answer. */
export function readStrangeBytes(bytes: Buffer): StrangeAnswer {
  if (bytes[0] === TLS_ALERT && bytes[1] === 3) return { kind: 'tls' };
  // Every HTTP/2 server first sends its settings, in a frame of stream 0 (RFC 9113, section 3.4).
  const isFrame =
    bytes.length >= HTTP2_FRAME_HEADER_BYTES && bytes[3] === HTTP2_SETTINGS && bytes.readUInt32BE(5) === 0;
  return isFrame ? { kind: 'http2' } : { kind: 'other', firstBytes: bytes };
}

/** Whether the answer alone proves that the server will not answer in HTTP. */
export function isConclusive({ kind }: StrangeAnswer): boolean {
  return kind === 'tls' || kind === 'http2' || kind === 'other';
}

/** Describes an answer in two sentences: what happened, and what to do. */
export function describeStrangeAnswer(answer: StrangeAnswer): string {
  switch (answer.kind) {
    case 'tls':
      return 'It answers on its port, but with TLS. Serve plain HTTP there: as on the platform, TLS ends before the proxy.';
    case 'http2':
      return 'It answers on its port, but with HTTP/2. Serve HTTP/1.1 there: the proxy uses nothing else.';
    case 'other':
      return `It answers on its port, but not with HTTP: it sent ${quoteBytes(answer.firstBytes)}. Serve HTTP there.`;
    case 'closed':
      return 'It accepts connections on its port, but closes them without an answer. Serve HTTP there.';
    case 'silent':
      return `It accepts connections on its port, but has not answered an HTTP request within ${answer.ms / 1000} s.`;
  }
}

function quoteBytes(bytes: Buffer): string {
  const text = bytes.subarray(0, SHOWN_BYTES).toString('latin1');
  const escaped = JSON.stringify(text).replace(
    /[\x7f-\xff]/g,
    (character) => `\\u00${character.charCodeAt(0).toString(16)}`,
  );
  return bytes.length > SHOWN_BYTES ? `${escaped.slice(0, -1)}..."` : escaped;
}
