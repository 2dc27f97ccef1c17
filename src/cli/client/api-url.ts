import { networkInterfaces } from 'node:os';
import { quoteForShell } from '../../contract/errors/quote-for-shell.js';
import { usageError } from '../../contract/errors/usage-error.js';
import { isLoopbackName } from '../../contract/hosts.js';
import { portOfUrl } from '../../os/port-of-url.js';

/**
 * Parses the URL of a dev server or of `jamdev serve` as a person types it: `https://api.example.com`,
 * `localhost:8080`, or only a port.
 * @throws JamdevError `Usage`
 */
export function parseApiUrl(text: string): string {
  const typed = text.trim();
  const port = /^:?(\d{1,5})$/.exec(typed)?.[1];
  // Without a scheme, only a port distinguishes a host from any other word.
  const isHostAndPort = /^[^/]+:\d{1,5}\/*$/.test(typed);
  const url = port !== undefined ? `http://localhost:${port}` : isHostAndPort ? `http://${typed}` : typed;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw usageError(
      `"${text}" is not the URL of a dev server or of jamdev serve.`,
      'It looks like http://localhost:8080 or https://api.example.com',
    );
  }
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname.replace(/\/+$/, '')}`;
}

/** Explains how to start a dev server at a URL. */
export function howToStartAt(apiUrl: string): string {
  const { hostname } = new URL(apiUrl);
  const address = hostname.replace(/^\[|\]$/g, '');
  const port = `--port ${portOfUrl(apiUrl)}`;
  const isDefault = isLoopbackName(hostname) && (!hostname.startsWith('127.') || hostname === '127.0.0.1');
  if (isDefault) return `Start one there with: npx jamdev dev ${port}`;
  const own = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses.map((each) => each.address));
  if (own.includes(address) || isLoopbackName(hostname)) {
    return `Start one there with: npx jamdev dev --host ${address} ${port}`;
  }
  const isName = /[a-z]/i.test(address) && !address.includes(':') && address !== 'host.docker.internal';
  const name = isName ? ` --allowed-host ${quoteForShell(address)}` : '';
  return `Start one on ${address} with: npx jamdev dev --host 0.0.0.0${name} ${port}`;
}
