import { isLoopbackName } from './hosts.js';

/** The origin of a page that was served from this machine. */
export interface LocalPage {
  /** As the browser writes it: `http://localhost:3000`. */
  origin: string;
  /** Lower case, IPv6 addresses in brackets. */
  name: string;
  /** The default port of the scheme if the origin has none. */
  port: number;
}

const SCHEME_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/**
 * Reads an Origin header. Only the exact form that browsers send counts: a value that `URL` changes
 * can't be the origin of a page.
 * @returns undefined for a page from another machine, an opaque origin (`null`), several, and everything malformed
 */
export function parseLocalOrigin(origin: string): LocalPage | undefined {
  if (!URL.canParse(origin)) return undefined;
  const url = new URL(origin);
  const schemePort = SCHEME_PORTS[url.protocol];
  if (schemePort === undefined || url.origin !== origin || !isLoopbackName(url.hostname)) return undefined;
  return { origin, name: url.hostname, port: url.port === '' ? schemePort : Number(url.port) };
}
