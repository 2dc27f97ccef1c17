import type { IncomingMessage } from 'node:http';
import { toHeaderValue } from '../contract/identity.js';
import type { TokenRoute } from '../platform/tokens.js';
import { pathOf } from './connection-path.js';
import type { Exchange } from './exchange.js';
import { connectionHeaderTest, forEachHeader } from './header-lines.js';
import { isProxysOwn } from './own-headers.js';
import { acceptsTrailers, mayTrail } from './trailers.js';
import { readTransferCoding } from './transfer-coding.js';
import { announcesBody } from './upgrade-offer.js';

/** Methods that Node.js sends without a body unless one is announced; for others it would announce one in chunks. */
const BODYLESS_METHODS = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE']);

/**
 * Makes the headers that a backend sees of a client's request (platform contract, "What a backend sees"): the client's
 * own, line by line in their order and case, without those that concern its connection or that only the proxy may set,
 * and then the proxy's.
 * @param protocols what to offer in `Upgrade`; empty for a request that is no upgrade
 * @param scheme what the client uses in front of the proxy
 */
export function makeRequestHeaders(
  { request, target }: Pick<Exchange, 'request' | 'target'>,
  route: TokenRoute,
  protocols: readonly string[],
  scheme: 'http' | 'https',
): string[] {
  const { rawHeaders, headers } = request;
  const isTunnel = protocols.length > 0;
  const lines: string[] = [];
  if (headers.host === undefined) lines.push('Host', `localhost:${request.socket.localPort ?? 80}`);
  const isConnectionHeader = connectionHeaderTest(headers.connection);
  const coding = readTransferCoding(request);
  let codingSent = false;
  forEachHeader(rawHeaders, (lowerCaseName, value, name) => {
    if (isConnectionHeader(lowerCaseName) || isProxysOwn(lowerCaseName)) return;
    if (lowerCaseName === 'trailer') {
      const announced = value
        .split(',')
        .map((each) => each.trim())
        .filter((each) => mayTrail(each.toLowerCase()));
      if (coding.kind === 'chunked' && announced.length > 0) lines.push(name, announced.join(', '));
    } else if (lowerCaseName === 'transfer-encoding') {
      if (!codingSent && 'value' in coding) lines.push(name, coding.value);
      codingSent = true;
    } else {
      lines.push(name, value);
    }
  });
  if (!BODYLESS_METHODS.has(request.method ?? '') && !announcesBody(request)) {
    if (headers['content-length'] === undefined) lines.push('Content-Length', '0');
  }
  if (isTunnel) lines.push('Connection', 'Upgrade', 'Upgrade', protocols.join(', '));
  else if (acceptsTrailers(request)) lines.push('Connection', 'keep-alive, TE', 'TE', 'trailers');
  addProxysOwn(lines, request, target, route);
  lines.push('x-forwarded-proto', scheme);
  return lines;
}

function addProxysOwn(lines: string[], request: IncomingMessage, target: string, route: TokenRoute): void {
  lines.push('x-verified-path', pathOf(target).split('?', 1)[0] ?? '', 'x-verified-backend', route.backend.id);
  // Static tokens have no secret; Plane sends the header all the same.
  lines.push('x-verified-secret', route.secretToken ?? '');
  if (route.user !== undefined) lines.push('x-verified-username', toHeaderValue(route.user));
  if (route.userData !== undefined) lines.push('x-verified-user-data', toHeaderValue(route.userData));
  lines.push('x-forwarded-for', request.socket.remoteAddress ?? '');
}
