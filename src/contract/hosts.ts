import { isIP } from 'node:net';

/** Splits a Host header into its name, lower case and without the port. IPv6 addresses keep their brackets. */
function hostName(host: string): string {
  return host.replace(/:\d*$/, '').toLowerCase();
}

function isLoopbackName(name: string): boolean {
  return (
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    name === '[::1]' ||
    /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(name)
  );
}

/** Which hosts are allowed beside those of this machine. */
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
export function isAllowedHost(host: string, { names, addresses }: AllowedHosts): boolean {
  const name = hostName(host);
  return (
    isLoopbackName(name) ||
    name === 'host.docker.internal' ||
    (addresses && isIP(name.replace(/^\[|\]$/g, '')) !== 0) ||
    names.some((allowed) => allowed.toLowerCase() === name)
  );
}

/** Whom a request's Host header names: the dev server, one of its backends by a label in front, or somebody else. */
export type NamedHost = { kind: 'server' } | { kind: 'backend'; label: string } | { kind: 'foreign' };

/**
 * Reads the Host header of a request to the proxy. `LABEL.localhost` names a backend, and so does a label in front of
 * one of the allowed names; more than one label, or one in front of an address, does not.
 * @param host undefined or empty in requests of old clients; no browser leaves it out
 */
export function parseProxyHost(host: string | undefined, allowed: AllowedHosts): NamedHost {
  if (host === undefined || host === '') return { kind: 'server' };
  const name = hostName(host);
  const allowedNames = allowed.names.map((each) => each.toLowerCase());
  // A name that was allowed as a whole is the dev server's, even if another allowed name is the end of it.
  if (name === 'localhost' || allowedNames.includes(name)) return { kind: 'server' };
  for (const suffix of ['localhost', ...allowedNames.filter((each) => isIP(each) === 0)]) {
    if (!name.endsWith(`.${suffix}`)) continue;
    const label = name.slice(0, -suffix.length - 1);
    if (label !== '' && !label.includes('.')) return { kind: 'backend', label };
  }
  return isAllowedHost(host, allowed) ? { kind: 'server' } : { kind: 'foreign' };
}

/** Whether a browser's Origin header names a page served from this machine. */
export function isLoopbackOrigin(origin: string): boolean {
  const match = /^https?:\/\/([^/]+)$/.exec(origin);
  return match?.[1] !== undefined && isLoopbackName(hostName(match[1]));
}
