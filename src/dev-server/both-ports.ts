import type { Server } from 'node:http';
import type { DevConfig } from '../config/resolve.js';
import { type BoundPort, listen } from './listen.js';

/** Listens for the API and the proxy, or for neither. @throws JamdevError `PortTaken`, `HostUnavailable` */
export async function listenForBoth(
  { host, port, proxyPort }: Pick<DevConfig, 'host' | 'port' | 'proxyPort'>,
  makeApi: () => Server,
  makeProxy: () => Server,
): Promise<{ api: BoundPort; proxy: BoundPort }> {
  const api = await listen({ what: 'API', port, host, flag: '--port' }, makeApi);
  try {
    return { api, proxy: await listen({ what: 'proxy', port: proxyPort, host, flag: '--proxy-port' }, makeProxy) };
  } catch (error) {
    await api.close();
    throw error;
  }
}

/** The name to reach it by: wildcard addresses are no names to connect to. */
export function urlHost(host: string | undefined): string {
  if (host === undefined || host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
