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
  /** The URL of what stands in front of the proxy, as the config names it; undefined: nothing does. */
  publicUrl?: URL | undefined;
}

/**
 * Finds out whether a redirect leaves the connection token out. A backend does not see the token in its path, so where it
 * redirects to an absolute path (`/hello`), or to a URL of its own, the browser's next request has no token.
 * @returns the path with the token to which it should lead, relative where the public URL has a path, which the proxy
 *   does not see; undefined: nothing is lost
 */
export function findLostRedirect({ location, path, token, host, ownHosts, isConnection, publicUrl }: Redirect) {
  // Backends see the scheme of the public URL.
  const isSecure = publicUrl?.protocol === 'https:';
  const origin = `${isSecure ? 'https' : 'http'}://${host}`;
  const seen = `${origin}${path}`;
  const inside = isStaticToken(token) ? seen : `${origin}${pathBehind(token, path)}`;
  if (!URL.canParse(location, inside) || !URL.canParse(location, seen)) return undefined;
  const meant = new URL(location, inside);
  const followed = new URL(location, seen);
  const publicHosts = publicUrl === undefined ? [] : [publicUrl.host];
  if (!isOneOf([host, ...publicHosts, ...ownHosts], meant, isSecure)) return undefined;
  const prefix = publicUrl?.pathname.replace(/\/+$/, '') ?? '';
  // A backend that knows its token puts it there itself, or redirects to another session.
  if (isConnection(meant.pathname) || isConnection(withoutPrefix(meant.pathname, prefix))) return undefined;
  const keepsToken = followed.pathname === `/${token}` || followed.pathname.startsWith(`/${token}/`);
  if (keepsToken && isOneOf([host], followed, isSecure)) return undefined;
  const wanted = `/${token}${meant.pathname}${meant.search}${meant.hash}`;
  // As it was written, unless it has segments such as "..": URL changes other characters, too.
  const written = `/${token}${pathAsWritten(location)}`;
  const chosen = new URL(written, seen).href === new URL(wanted, seen).href ? written : wanted;
  return prefix === '' ? chosen : relativeTo(path, chosen);
}

/**
 * Whether a URL is on one of these hosts.
 * @param isSecure whether clients use https. If not, a URL for https is elsewhere: a backend that insists on https would
 *   redirect forever.
 */
function isOneOf(hosts: readonly string[], { protocol, host, username, password }: URL, isSecure: boolean): boolean {
  if (protocol !== 'http:' && !(isSecure && protocol === 'https:')) return false;
  if (username !== '' || password !== '') return false;
  return hosts.some((name) => {
    const url = `${protocol}//${name}`;
    return URL.canParse(url) && new URL(url).host === host;
  });
}

function withoutPrefix(path: string, prefix: string): string {
  return path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : path;
}

/** A reference that leads from one path to another, whatever stands in front of both. */
function relativeTo(from: string, to: string): string {
  const depth = (from.split('?', 1)[0] ?? '').split('/').length - 2;
  return `${depth === 0 ? './' : '../'.repeat(depth)}${to.slice(1)}`;
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
