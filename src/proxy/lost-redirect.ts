import { isStaticToken } from '../contract/connection-token.js';

/** What a redirect of a backend is judged by. */
export interface Redirect {
  /** The `Location` of the answer. */
  location: string;
  /** What the client asked for: path and query with the token. */
  path: string;
  /** The connection token in it. */
  token: string;
  /** The request's `Host`, as the backend saw it. */
  host: string;
  /** Other names that the backend may have for itself, with ports: `0.0.0.0:4711`. */
  ownHosts: readonly string[];
  /** Whether a path begins with a token that leads to a backend. */
  isConnection: (path: string) => boolean;
}

/**
 * Finds out whether a redirect leaves the connection token out. A backend does not see the token in its path, so where it
 * redirects to an absolute path (`/hello`), or to a URL of its own, the browser's next request has no token.
 * @returns the path with the token to which it should lead; undefined: nothing is lost
 */
export function findLostRedirect({ location, path, token, host, ownHosts, isConnection }: Redirect) {
  const seen = `http://${host}${path}`;
  const inside = isStaticToken(token) ? seen : `http://${host}${pathBehind(token, path)}`;
  if (!URL.canParse(location, inside) || !URL.canParse(location, seen)) return undefined;
  const meant = new URL(location, inside);
  const followed = new URL(location, seen);
  if (!isOneOf([host, ...ownHosts], meant)) return undefined;
  // A backend that knows its token puts it there itself, or redirects to another session.
  if (isConnection(meant.pathname)) return undefined;
  const keepsToken = followed.pathname === `/${token}` || followed.pathname.startsWith(`/${token}/`);
  if (keepsToken && isOneOf([host], followed)) return undefined;
  const wanted = `/${token}${meant.pathname}${meant.search}${meant.hash}`;
  // As it was written, unless it has segments such as "..": URL changes other characters, too.
  const written = `/${token}${pathAsWritten(location)}`;
  return new URL(written, seen).href === new URL(wanted, seen).href ? written : wanted;
}

/** Whether a URL is on one of these hosts. One for https is not: a backend that insists on it would redirect forever. */
function isOneOf(hosts: readonly string[], { protocol, host, username, password }: URL): boolean {
  if (protocol !== 'http:' || username !== '' || password !== '') return false;
  return hosts.some((name) => URL.canParse(`http://${name}`) && new URL(`http://${name}`).host === host);
}

function pathBehind(token: string, path: string): string {
  const rest = path.slice(token.length + 1);
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** The path, query and fragment of a location that is a path or a whole URL. */
function pathAsWritten(location: string): string {
  const rest = location.replace(/^(?:[a-z][a-z\d+.-]*:)?\/\/[^/?#\\]*/i, '');
  return rest.startsWith('/') ? rest : `/${rest}`;
}
