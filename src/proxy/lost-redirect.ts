import { isStaticToken } from '../contract/connection-token.js';

/** The facts on which a redirect is judged. */
export interface Redirect {
  /** The `Location` of the answer. */
  location: string;
  /** The path and query that the client requested, including the token. */
  path: string;
  /** The connection token in the path. */
  token: string;
  /** The request's `Host`, as the backend saw it. */
  host: string;
  /** Other host names with ports by which the backend may refer to itself: `0.0.0.0:4711`. */
  ownHosts: readonly string[];
  /** Whether a path begins with a token that leads to a backend. */
  isConnection: (path: string) => boolean;
  /** The URL of the reverse proxy in front of the proxy, as configured; undefined if there is none. */
  publicUrl?: URL | undefined;
}

/**
 * Checks whether a redirect loses the connection token. Backends do not see the token in their path, so a redirect to
 * an absolute path (`/hello`), or to the backend's own URL, makes the browser send its next request without a token.
 * @returns the path with the token to redirect to instead, or undefined if no token is lost. It is relative if the
 *   public URL has a path, because the proxy does not see that path.
 */
export function findLostRedirect({ location, path, token, host, ownHosts, isConnection, publicUrl }: Redirect) {
  // Backends are told the scheme of the public URL.
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
  // The backend may know its token and add it to the redirect itself, or redirect to another session.
  if (isConnection(meant.pathname) || isConnection(withoutPrefix(meant.pathname, prefix))) return undefined;
  const keepsToken = followed.pathname === `/${token}` || followed.pathname.startsWith(`/${token}/`);
  if (keepsToken && isOneOf([host], followed, isSecure)) return undefined;
  const wanted = `/${token}${meant.pathname}${meant.search}${meant.hash}`;
  // Keeps the location as written, unless it has segments such as "..": URL normalizes other characters as well.
  const written = `/${token}${pathAsWritten(location)}`;
  const chosen = new URL(written, seen).href === new URL(wanted, seen).href ? written : wanted;
  return prefix === '' ? chosen : relativeTo(path, chosen);
}

/**
 * Whether a URL is on one of these hosts.
 * @param isSecure whether clients use https. If they don't, an https URL counts as another host: a backend that insists
 *   on https would redirect forever.
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

/** Returns a relative reference that leads from one path to another, whatever prefix both have. */
function relativeTo(from: string, to: string): string {
  const depth = (from.split('?', 1)[0] ?? '').split('/').length - 2;
  return `${depth === 0 ? './' : '../'.repeat(depth)}${to.slice(1)}`;
}

function pathBehind(token: string, path: string): string {
  const rest = path.slice(token.length + 1);
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** Returns the path, query and fragment of a location that is a path or a whole URL. */
function pathAsWritten(location: string): string {
  const rest = location.replace(/^(?:[a-z][a-z\d+.-]*:)?\/\/[^/?#\\]*/i, '');
  return rest.startsWith('/') ? rest : `/${rest}`;
}
