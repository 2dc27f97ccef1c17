import { isStaticToken } from '../contract/connection-token.js';

/** What the path of a request to the proxy asks for. */
export type ConnectionPath =
  | { kind: 'health' }
  | { kind: 'no-token' }
  /** `rest`: the path and query as the backend gets them, byte for byte. */
  | { kind: 'token'; token: string; rest: string };

/**
 * Takes the connection token off a request's target: `/TOKEN/rest?query` is `/rest?query` for the backend, and `/TOKEN`
 * is `/TOKEN/`. A static token stays where it is, and so does everything else: nothing is decoded or tidied (platform
 * contract, "Proxy").
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
 * The path and query as the backend gets them, byte for byte.
 * @param target a request's target with its token
 */
export function pathForBackend(target: string): string {
  const path = parseConnectionPath(target);
  return path.kind === 'token' ? path.rest : target;
}

/** The path and query of a target. A client that takes jamdev for a forward proxy sends a whole URL. */
export function pathOf(target: string): string {
  return target.startsWith('/') ? target : target.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?]*/i, '');
}
