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

/** Whether a browser's Origin header names a page served from this machine. */
export function isLoopbackOrigin(origin: string): boolean {
  const match = /^https?:\/\/([^/]+)$/.exec(origin);
  return match?.[1] !== undefined && isLoopbackName(hostName(match[1]));
}
