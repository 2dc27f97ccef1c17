import type { DevInfo } from '../contract/dev-endpoints.js';
import type { LocalPage } from '../contract/origins.js';
import { portOfUrl } from '../os/port-of-url.js';
import type { Platform } from '../platform/platform.js';
import { listRunningServers } from '../records/server-records.js';

/**
 * Creates a function that recognizes pages of backends by their origin. A backend's pages come from the proxy's port
 * under any name; from its own subdomain of `localhost`, which a forwarded port keeps; or directly from the port on
 * which the backend listens.
 */
export function createBackendPageTest(platform: Platform, info: () => DevInfo): (page: LocalPage) => boolean {
  return ({ name, port }) =>
    port === portOfUrl(info().proxy_url) ||
    platform.knows(name.replace(/\.localhost$/, '')) ||
    platform.running.some(({ address }) => address?.port === port);
}

/** Whether a port is the proxy of any of this user's dev servers: backends of other projects are not trusted either. */
export async function isProxyOfAnyServer(port: number): Promise<boolean> {
  return (await listRunningServers()).some(({ proxyUrl }) => portOfUrl(proxyUrl) === port);
}
