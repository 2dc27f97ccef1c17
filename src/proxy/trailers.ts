import type { IncomingMessage, OutgoingMessage } from 'node:http';
import { connectionHeaderTest, forEachHeader, hasControlCharacter, readList } from './header-lines.js';
import { isProxysOwn } from './own-headers.js';

/** What decides about a message before its body can't come after it (RFC 9110, section 6.5.1). */
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

/** Whether a field may stand behind a body. */
export function mayTrail(lowerCaseName: string): boolean {
  return !NO_TRAILERS.has(lowerCaseName) && !isConnectionHeader(lowerCaseName) && !isProxysOwn(lowerCaseName);
}

/** Whether the client said that it reads trailers; to others none are sent. */
export function acceptsTrailers({ rawHeaders, httpVersion }: IncomingMessage): boolean {
  return httpVersion === '1.1' && readList(rawHeaders, 'te').some((item) => item.split(';', 1)[0] === 'trailers');
}

/** Passes on the trailers of a message that is complete. @param to sends its body in chunks, and has not ended yet */
export function forwardTrailers(from: IncomingMessage, to: OutgoingMessage): void {
  if (from.rawTrailers.length === 0) return;
  const trailers: [string, string][] = [];
  forEachHeader(from.rawTrailers, (lowerCaseName, value, name) => {
    if (mayTrail(lowerCaseName) && !hasControlCharacter(value)) trailers.push([name, value]);
  });
  to.addTrailers(trailers);
}
