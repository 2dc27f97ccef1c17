import { isIP, isIPv6 } from 'node:net';

/** Characters that end the host of a URL, or that a URL parser drops; they are never part of a host. */
const NOT_IN_HOST = /[^\x21-\x7e]|[/\\?#@%]/;

/** The host of most requests; accepted without a URL parser, which takes longer than all other checks. */
const USUAL_HOST = /^(localhost|127\.0\.0\.1)(?::(?:\d{0,4}|[1-5]\d{4}))?$/;

/**
 * Reads the name in a Host header in the same way as `URL`, without the port. Only a name that `URL` does not change is
 * accepted, except for upper case and spellings of IPv6 addresses: browsers send no other names.
 * @returns lower case, IPv6 addresses in brackets; undefined if the header is not exactly one host
 */
export function readHostName(host: string): string | undefined {
  const [, local] = USUAL_HOST.exec(host) ?? [];
  if (local !== undefined) return local;
  const [, name = ''] = /^(\[[^\]]*\]|[^:]*)(?::\d*)?$/.exec(host) ?? [];
  if (name === '' || NOT_IN_HOST.test(host) || !URL.canParse(`http://${host}`)) return undefined;
  const { hostname } = new URL(`http://${host}`);
  return hostname === name.toLowerCase() || name.startsWith('[') ? hostname : undefined;
}

/** Normalizes a name in the config like {@link readHostName}; an invalid host name matches nothing. */
function readAllowedName(name: string): string {
  const url = `http://${isIPv6(name) ? `[${name}]` : name}`;
  return URL.canParse(url) ? new URL(url).hostname : '';
}

/** The rule for names in the config, for messages. */
export const HOST_NAME_RULE = 'must be a host name or an address, without a scheme or port';

/** Whether a text can be the name in a Host header. */
export function isHostName(text: string): boolean {
  return !/[:*]/.test(text) ? readHostName(text) !== undefined : isIPv6(text.replace(/^\[|\]$/g, ''));
}

/**
 * Whether a name always means this machine: `localhost`, a name below it, or a loopback address.
 * @param name as `URL.hostname` returns it
 */
export function isLoopbackName(name: string): boolean {
  return (
    name === 'localhost' ||
    /^(?:[a-z0-9_-]+\.)+localhost$/.test(name) ||
    name === '[::1]' ||
    (name.startsWith('127.') && isIP(name) === 4)
  );
}

/** The hosts that are allowed in addition to those of this machine. */
export interface AllowedHosts {
  /** `allowedHosts` in the config. */
  names: readonly string[];
  /**
   * Whether any IP address is allowed, because the dev server listens beyond loopback. DNS can rebind names, but not
   * addresses.
   */
  addresses: boolean;
}

/**
 * Whether a request with this Host header is meant for the dev server: localhost, *.localhost, a loopback address,
 * host.docker.internal, or one of the `allowedHosts` in the config.
 */
export function isAllowedHost(host: string, allowed: AllowedHosts): boolean {
  const name = readHostName(host);
  return name !== undefined && isAllowedName(name, allowed);
}

function isAllowedName(name: string, { names, addresses }: AllowedHosts): boolean {
  return (
    isLoopbackName(name) ||
    name === 'host.docker.internal' ||
    (addresses && isIP(name.replace(/^\[|\]$/g, '')) !== 0) ||
    names.some((allowed) => readAllowedName(allowed) === name)
  );
}

/** The target in a Host header: the dev server, one of its backends (by its label), or another host. */
export type NamedHost = { kind: 'server' } | { kind: 'backend'; label: string } | { kind: 'foreign' };

/**
 * Reads the Host header of a request to the proxy. `LABEL.localhost` refers to a backend, as does a label in front of
 * one of the allowed names. Several labels, or a label in front of an address, do not.
 * @param host undefined or empty in requests of old clients; browsers always send one
 */
export function parseProxyHost(host: string | undefined, allowed: AllowedHosts): NamedHost {
  if (host === undefined || host === '') return { kind: 'server' };
  const name = readHostName(host);
  if (name === undefined) return { kind: 'foreign' };
  const allowedNames = allowed.names.map(readAllowedName).filter((each) => each !== '');
  // A fully allowed name belongs to the dev server, even if it ends with another allowed name.
  if (name === 'localhost' || allowedNames.includes(name)) return { kind: 'server' };
  for (const suffix of ['localhost', ...allowedNames.filter((each) => isIP(each) === 0)]) {
    if (!name.endsWith(`.${suffix}`)) continue;
    const label = name.slice(0, -suffix.length - 1);
    if (label !== '' && !label.includes('.')) return { kind: 'backend', label };
  }
  return isAllowedName(name, allowed) ? { kind: 'server' } : { kind: 'foreign' };
}

/** Returns the name to connect to: clients can't connect to wildcard addresses. */
export function urlHost(host: string | undefined): string {
  if (host === undefined || host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
