import type { IncomingHttpHeaders } from 'node:http';
import { isTokenShaped, withoutTokens } from '../contract/connection-token.js';
import type { JamdevError } from '../contract/errors/jamdev-error.js';
import { type LostBy, tokenErrors } from '../contract/errors/token-errors.js';
import { pathOf } from './connection-path.js';

/**
 * Explains why a request's token leads to no backend: it is unknown or missing. A token is usually missing because a
 * page behind a connection URL requested an absolute path, which the referer shows.
 * @param target as it stands in the request line
 */
export function explainLostRequest(target: string, headers: IncomingHttpHeaders): JamdevError {
  const segments = segmentsOf(pathOf(target));
  const [first = ''] = segments;
  if (isTokenShaped(first)) return tokenErrors.tokenUnknown();
  const by = first === 'socket.io' ? first : lostByPage(segments, headers);
  return first === '' ? tokenErrors.tokenMissing(by) : tokenErrors.notAToken(first, by);
}

function lostByPage(asked: readonly string[], { referer = '', host = '' }: IncomingHttpHeaders): LostBy | undefined {
  if (!URL.canParse(referer)) return undefined;
  const page = new URL(referer);
  if (page.host !== host.toLowerCase()) return undefined;
  const [token = '', ...below] = segmentsOf(page.pathname);
  if (!isTokenShaped(token)) return undefined;
  if (below.length === 0) return 'slash missing';
  const path = withoutTokens(asked.join('/'));
  return { asked: `/${path}`, instead: `${'../'.repeat(below.length - 1) || './'}${path}` };
}

/** Splits a path, up to its query, into its segments. */
function segmentsOf(path: string): string[] {
  return (path.split(/[?#]/, 1)[0] ?? '').split('/').slice(1);
}
