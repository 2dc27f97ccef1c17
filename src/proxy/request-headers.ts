import { toHeaderValue, toJsonHeaderValue } from '../contract/identity.js';
import type { TokenRoute } from '../platform/tokens.js';
import { pathOf } from './connection-path.js';
import type { Exchange } from './exchange.js';
import { connectionHeaderTest, forEachHeader, putLengthBehindDisposition } from './header-lines.js';
import { isProxysOwn } from './own-headers.js';
import { acceptsTrailers, mayTrail } from './trailers.js';
import { readTransferCoding } from './transfer-coding.js';

/**
 * Makes the headers of a request to a backend (platform contract, "What a backend sees"): the client's own headers with
 * their order and case kept, except those that apply to its connection or that only the proxy may set, followed by the
 * proxy's headers in Plane's order.
 * @param protocols the protocols to offer in `Upgrade`; empty if the request is not an upgrade
 * @param scheme the scheme that the client uses to reach the proxy
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
  if (isTunnel) lines.push('Connection', 'Upgrade', 'Upgrade', protocols.join(', '));
  else if (acceptsTrailers(request)) lines.push('Connection', 'TE', 'TE', 'trailers');
  lines.push('x-forwarded-for', request.socket.remoteAddress ?? '', 'x-forwarded-proto', scheme);
  addVerified(lines, target, route);
  return putLengthBehindDisposition(lines);
}

function addVerified(lines: string[], target: string, { user, userData, backend, secretToken }: TokenRoute): void {
  if (user !== undefined) lines.push('x-verified-username', toHeaderValue(user));
  if (userData !== undefined) lines.push('x-verified-user-data', toJsonHeaderValue(userData));
  lines.push('x-verified-path', pathOf(target).split('?', 1)[0] ?? '', 'x-verified-backend', backend.id);
  // Static tokens have no secret, but Plane sends the header anyway.
  lines.push('x-verified-secret', secretToken ?? '');
}
