import type { Server } from 'node:http';
import type { DevConfig } from '../config/resolve.js';
import { type BoundPort, listen } from '../ports/listen.js';

/** Creates a server for one address; see {@link listen}. */
export interface ServerMakers {
  api: () => Server;
  proxy: () => Server;
}

/** The open ports of a dev server. */
export interface BothPorts {
  api: BoundPort;
  proxy: BoundPort;
}

/** Listens for the API and the proxy, or for neither. @throws JamdevError `PortTaken`, `HostUnavailable` */
export async function listenForBoth(
  { host, port, proxyPort }: Pick<DevConfig, 'host' | 'port' | 'proxyPort'>,
  make: ServerMakers,
): Promise<BothPorts> {
  const api = await listen({ what: 'API', port, host, flag: '--port' }, make.api);
  try {
    return { api, proxy: await listen({ what: 'proxy', port: proxyPort, host, flag: '--proxy-port' }, make.proxy) };
  } catch (error) {
    await api.close();
    throw error;
  }
}
