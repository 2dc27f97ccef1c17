import { isStaticToken } from '../contract/connection-token.js';

/** The meaning of a path that is requested from the proxy. */
export type ConnectionPath =
  | { kind: 'health' }
  | { kind: 'no-token' }
  /** `rest`: the path and query as the backend gets them, byte for byte. */
  | { kind: 'token'; token: string; rest: string };

/**
 * Removes the connection token from a request's target: `/TOKEN/rest?query` becomes `/rest?query` for the backend, and
 * `/TOKEN` becomes `/`. Static tokens are kept, and nothing is decoded or normalized (platform contract, "Proxy").
 * @param target as it stands in the request line
 */
export function parseConnectionPath(target: string): ConnectionPath {
  const path = pathOf(target);
  const match = /^\/([^/?#]*)(.*)$/s.exec(path);
  const token = match?.[1] ?? '';
  const tail = match?.[2] ?? '';
  if (token === '') return { kind: 'no-token' };
  if (token === 'ready' && !tail.startsWith('/')) return { kind: 'health' };
  if (isStaticToken(token)) return { kind: 'token', token, rest: path };
  return { kind: 'token', token, rest: tail.startsWith('/') ? tail : `/${tail}` };
}

/**
 * Returns the path and query as the backend gets them, byte for byte.
 * @param target a request's target with its token
 */
export function pathForBackend(target: string): string {
  const path = parseConnectionPath(target);
  return path.kind === 'token' ? path.rest : target;
}

/** Returns the path and query of a target. Clients that use jamdev as a forward proxy send a whole URL. */
export function pathOf(target: string): string {
  return target.startsWith('/') ? target : target.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?]*/i, '');
}
