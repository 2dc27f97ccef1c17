import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { TokenRoute } from '../platform/tokens.js';

const VERIFIED_PREFIX = 'x-verified-';

/**
 * Makes a request's headers what the backend sees (platform contract, "What a backend sees"): a client's own
 * `x-verified-*` go, the true ones and the `x-forwarded-*` come.
 * @param request its headers are changed
 */
export function addBackendHeaders(request: IncomingMessage, route: TokenRoute): void {
  const { headers } = request;
  for (const name in headers) {
    if (name.startsWith(VERIFIED_PREFIX)) delete headers[name];
  }
  headers['x-verified-path'] = (request.url ?? '').split('?', 1)[0] ?? '';
  headers['x-verified-backend'] = route.backend.id;
  if (route.secretToken !== undefined) headers['x-verified-secret'] = route.secretToken;
  if (route.user !== undefined) headers['x-verified-username'] = toHeaderValue(route.user);
  if (route.userData !== undefined) headers['x-verified-user-data'] = toHeaderValue(route.userData);
  addForwardedHeaders(headers, request.socket.remoteAddress ?? '');
}

function addForwardedHeaders(headers: IncomingHttpHeaders, client: string): void {
  const before = headers['x-forwarded-for'];
  headers['x-forwarded-for'] = before === undefined ? client : `${String(before)}, ${client}`;
  headers['x-forwarded-proto'] ??= 'http';
  headers['x-forwarded-host'] ??= headers.host ?? '';
}

/** Headers carry bytes: text goes as UTF-8, and what would end the header (control characters) is left out. */
function toHeaderValue(text: string): string {
  return Buffer.from(text.replace(/[\p{Cc}]/gu, ''), 'utf8').toString('latin1');
}

const CORS_PREFIX = 'access-control-';

/** Lets pages from everywhere read an answer, unless the backend says something about CORS itself. */
export function addCorsHeaders(headers: IncomingHttpHeaders): void {
  for (const name in headers) {
    if (name.startsWith(CORS_PREFIX)) return;
  }
  headers['access-control-allow-origin'] = '*';
  headers['access-control-allow-methods'] = '*';
  headers['access-control-allow-headers'] = '*, Authorization';
}
