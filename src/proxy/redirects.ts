import type { IncomingMessage } from 'node:http';
import { withoutTokens } from '../contract/connection-token.js';
import type { Backend } from '../platform/backend.js';
import type { TokenTable } from '../platform/tokens.js';
import { parseConnectionPath, pathOf } from './connection-path.js';
import type { Exchange } from './exchange.js';
import { findLostRedirect } from './lost-redirect.js';

/** Statuses with which a browser follows the `Location`. */
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const LOOPBACK_HOSTS = ['localhost', '127.0.0.1', '[::1]'];
/** Servers that listen on all addresses may use one of these as their host name. */
const ALL_ADDRESSES = ['0.0.0.0', '[::]'];
/** The port on which a backend listens in its container. */
const CONTAINER_PORT = 8080;

/** Handles redirects that lose the connection token. */
export class Redirects {
  readonly #tokens: TokenTable;
  readonly #rewrites: (backend: Backend) => boolean;
  readonly #publicUrl: URL | undefined;
  /** Backends whose log already has the remark. */
  readonly #remarked = new WeakSet<Backend>();

  /**
   * @param rewrites whether the proxy adds the token to redirects of a backend
   * @param publicUrl the URL of the reverse proxy in front of the proxy, if there is one
   */
  constructor(tokens: TokenTable, rewrites: (backend: Backend) => boolean, publicUrl: string | undefined) {
    this.#tokens = tokens;
    this.#rewrites = rewrites;
    this.#publicUrl = publicUrl === undefined ? undefined : new URL(publicUrl);
  }

  /**
   * Adds the connection token to a redirect that lost it, if the config enables that. Otherwise, the redirect stays as
   * it is on the platform, and a remark in the backend's log explains what breaks, once for each backend.
   * @param headers of the answer to the client, name and value in turn; changed in place
   */
  apply(
    { request, route, target }: Exchange,
    { statusCode = 0, headers: { location } }: Pick<IncomingMessage, 'statusCode' | 'headers'>,
    headers: string[],
  ) {
    if (route === undefined || location === undefined || !REDIRECTS.has(statusCode)) return;
    const { backend, token } = route;
    const path = pathOf(target);
    const host = request.headers.host ?? `localhost:${request.socket.localPort}`;
    const ownHosts = ownHostsOf(backend, request.socket.localPort);
    const publicUrl = this.#publicUrl;
    const isConnection = (path: string) => this.#isConnection(path);
    const rewritten = findLostRedirect({ location, path, token, host, ownHosts, isConnection, publicUrl });
    if (rewritten === undefined) return;
    if (this.#rewrites(backend)) return replaceLocation(headers, rewritten);
    if (this.#remarked.has(backend)) return;
    this.#remarked.add(backend);
    backend.remark(describeLoss(path, location, backend.identity.staticToken !== undefined));
  }

  #isConnection(path: string): boolean {
    const parsed = parseConnectionPath(path);
    return parsed.kind === 'token' && this.#tokens.has(parsed.token);
  }
}

function ownHostsOf({ address, build }: Backend, proxyPort = 0): string[] {
  const own = LOOPBACK_HOSTS.map((name) => `${name}:${proxyPort}`);
  if (build?.kind === 'container') return [...own, ...ALL_ADDRESSES.map((name) => `${name}:${CONTAINER_PORT}`)];
  return [...own, ...[...LOOPBACK_HOSTS, ...ALL_ADDRESSES].map((name) => `${name}:${address?.port ?? proxyPort}`)];
}

function replaceLocation(headers: string[], location: string): void {
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index]?.toLowerCase() === 'location') headers[index + 1] = location;
  }
}

function describeLoss(path: string, location: string, isStatic: boolean): string {
  const [from, to] = [path.split('?', 1)[0] ?? '', location].map(withoutTokens);
  const remedy = isStatic
    ? 'Put the static token in front (/ and SESSION_BACKEND_STATIC_TOKEN), or redirect to a relative path'
    : 'Redirect to a relative path, or set "useStaticToken": true and put that token in front';
  return `The redirect from ${from} to ${to} loses the connection token, as on the platform: the next request of the browser does not reach this backend. ${remedy}. On this machine, "rewriteRedirects": true in the config adds the token.`;
}
