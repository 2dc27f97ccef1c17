import type { IncomingMessage, OutgoingMessage } from 'node:http';
import { connectionHeaderTest, forEachHeader, hasControlCharacter, readList } from './header-lines.js';
import { isProxysOwn } from './own-headers.js';

/** Fields that must be known before the body and thus can't be trailers (RFC 9110, section 6.5.1). */
const NO_TRAILERS = new Set([
  'authorization',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'expect',
  'host',
  'set-cookie',
  'trailer',
  'transfer-encoding',
  'x-plane-backend-id',
]);
const isConnectionHeader = connectionHeaderTest(undefined);

/** Whether a field may be sent as a trailer. */
export function mayTrail(lowerCaseName: string): boolean {
  return !NO_TRAILERS.has(lowerCaseName) && !isConnectionHeader(lowerCaseName) && !isProxysOwn(lowerCaseName);
}

/** Whether the client announced that it reads trailers. Other clients get none. */
export function acceptsTrailers({ rawHeaders, httpVersion }: IncomingMessage): boolean {
  return httpVersion === '1.1' && readList(rawHeaders, 'te').some((item) => item.split(';', 1)[0] === 'trailers');
}

/** Forwards the trailers of a complete message. @param to an unfinished message with a chunked body */
export function forwardTrailers(from: IncomingMessage, to: OutgoingMessage): void {
  if (from.rawTrailers.length === 0) return;
  const trailers: [string, string][] = [];
  forEachHeader(from.rawTrailers, (lowerCaseName, value, name) => {
    if (mayTrail(lowerCaseName) && !hasControlCharacter(value)) trailers.push([name, value]);
  });
  to.addTrailers(trailers);
}
