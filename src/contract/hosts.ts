import { isIP, isIPv6 } from 'node:net';

/** Characters that end the host of a URL, or that a URL parser drops: none of them is part of a host. */
const NOT_IN_HOST = /[^\x21-\x7e]|[/\\?#@%]/;

/** As most requests have it; taken for what it is without a parser of URLs, which takes longer than all other checks. */
const USUAL_HOST = /^(localhost|127\.0\.0\.1)(?::(?:\d{0,4}|[1-5]\d{4}))?$/;

/**
 * Reads the name in a Host header as `URL` reads it, without the port. Only a name that `URL` leaves as it is counts,
 * upper case and the spellings of an IPv6 address apart: no other is what a browser sends.
 * @returns lower case, IPv6 addresses in brackets; undefined when the header is not exactly one host
 */
export function readHostName(host: string): string | undefined {
  const [, local] = USUAL_HOST.exec(host) ?? [];
  if (local !== undefined) return local;
  const [, name = ''] = /^(\[[^\]]*\]|[^:]*)(?::\d*)?$/.exec(host) ?? [];
  if (name === '' || NOT_IN_HOST.test(host) || !URL.canParse(`http://${host}`)) return undefined;
  const { hostname } = new URL(`http://${host}`);
  return hostname === name.toLowerCase() || name.startsWith('[') ? hostname : undefined;
}

/** Reads a name of the config as {@link readHostName} returns names; one that can't be a host matches nothing. */
function readAllowedName(name: string): string {
  const url = `http://${isIPv6(name) ? `[${name}]` : name}`;
  return URL.canParse(url) ? new URL(url).hostname : '';
}

/** What a name in the config has to be, for messages. */
export const HOST_NAME_RULE = 'must be a host name or an address, without a scheme or port';

/** Whether a text can be the name in a Host header. */
export function isHostName(text: string): boolean {
  return !/[:*]/.test(text) ? readHostName(text) !== undefined : isIPv6(text.replace(/^\[|\]$/g, ''));
}

/**
 * Whether a name leads to this machine wherever it is looked up: `localhost`, a name below it, or a loopback address.
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

/** Which hosts are allowed in addition to those of this machine. */
export interface AllowedHosts {
  /** `allowedHosts` of the config. */
  names: readonly string[];
  /** Any IP address: where the dev server listens beyond loopback. No address can be rebound by DNS, only names can. */
  addresses: boolean;
}

/**
 * Whether a request with this Host header is meant for the dev server: localhost, *.localhost, a loopback address,
 * host.docker.internal, or one of the config's `allowedHosts`.
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

/** What a request's Host header names: the dev server, one of its backends by a label in front, or another host. */
export type NamedHost = { kind: 'server' } | { kind: 'backend'; label: string } | { kind: 'foreign' };

/**
 * Reads the Host header of a request to the proxy. `LABEL.localhost` names a backend, and so does a label in front of
 * one of the allowed names; more than one label, or one in front of an address, does not.
 * @param host undefined or empty in requests of old clients; browsers always send one
 */
export function parseProxyHost(host: string | undefined, allowed: AllowedHosts): NamedHost {
  if (host === undefined || host === '') return { kind: 'server' };
  const name = readHostName(host);
  if (name === undefined) return { kind: 'foreign' };
  const allowedNames = allowed.names.map(readAllowedName).filter((each) => each !== '');
  // A name that was allowed as a whole is the dev server's, even if another allowed name is the end of it.
  if (name === 'localhost' || allowedNames.includes(name)) return { kind: 'server' };
  for (const suffix of ['localhost', ...allowedNames.filter((each) => isIP(each) === 0)]) {
    if (!name.endsWith(`.${suffix}`)) continue;
    const label = name.slice(0, -suffix.length - 1);
    if (label !== '' && !label.includes('.')) return { kind: 'backend', label };
  }
  return isAllowedName(name, allowed) ? { kind: 'server' } : { kind: 'foreign' };
}

/** The name to reach it by: wildcard addresses are no names to connect to. */
export function urlHost(host: string | undefined): string {
  if (host === undefined || host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
