import type { IncomingMessage } from 'node:http';
import type { DevInfo } from '../contract/dev-endpoints.js';
import { isLoopbackName, readHostName } from '../contract/hosts.js';
import { findNetworkAddress } from '../os/network-address.js';

/** The URLs of a dev server. */
export type DevUrls = Pick<DevInfo, 'api_url' | 'proxy_url'>;

/** The settings that decide by which URLs a dev server is reached. */
export interface UrlSettings {
  /** The host that the dev server listens on; undefined for loopback. */
  host: string | undefined;
  /** The URLs of a reverse proxy or tunnel in front of the dev server, without a trailing slash. */
  publicUrl: { api?: string | undefined; proxy?: string | undefined };
}

/** Addresses that mean all addresses of the machine. */
const WILDCARDS = ['0.0.0.0', '::'];

/** Makes the URLs in answers of the API. */
export class CallerUrls {
  readonly #settings: UrlSettings;
  readonly #own: () => DevUrls;

  /** @param own returns the URLs on this machine; called only once the ports are open */
  constructor(settings: UrlSettings, own: () => DevUrls) {
    this.#settings = settings;
    this.#own = own;
  }

  /**
   * Returns the URLs for a program that passes them on to a browser, possibly on another machine. They contain the host
   * of the program's own request, or this machine's network address if that host works on this machine only.
   * @param request with an allowed Host
   */
  async forProgram(request: IncomingMessage): Promise<DevUrls> {
    const name = readHostName(request.headers.host ?? '');
    const isLocal = name === undefined || isLoopbackName(name) || name === 'host.docker.internal';
    return this.#carry(isLocal ? undefined : name);
  }

  /** Returns the URLs for a browser that sent the request itself, with the host that it already used. */
  async forBrowser(request: IncomingMessage): Promise<DevUrls> {
    return this.#carry(readHostName(request.headers.host ?? ''));
  }

  /** Returns the URLs for a person at this machine, and for code that runs the dev server. */
  forThisMachine(): DevUrls {
    const { api_url, proxy_url } = this.#own();
    const { publicUrl } = this.#settings;
    return { api_url: publicUrl.api ?? api_url, proxy_url: publicUrl.proxy ?? proxy_url };
  }

  /**
   * Returns the URLs for other machines; undefined if the dev server listens on loopback only and nothing is in front
   * of it.
   */
  async forNetwork(): Promise<DevUrls | undefined> {
    const { publicUrl } = this.#settings;
    const isPublic = publicUrl.api !== undefined || publicUrl.proxy !== undefined;
    const urls = await this.#carry(undefined);
    const isOwn = urls.api_url === this.#own().api_url && urls.proxy_url === this.#own().proxy_url;
    return isPublic || !isOwn ? urls : undefined;
  }

  async #carry(asked: string | undefined): Promise<DevUrls> {
    const { host, publicUrl } = this.#settings;
    const { api_url, proxy_url } = this.#own();
    const name = isReachable(host) ? (asked ?? (await networkName(host))) : undefined;
    return {
      api_url: publicUrl.api ?? withHost(api_url, name),
      proxy_url: publicUrl.proxy ?? withHost(proxy_url, name),
    };
  }
}

/** Whether other machines may be able to reach a host that the dev server listens on. */
function isReachable(host: string | undefined): host is string {
  return host !== undefined && !isLoopbackName(host.includes(':') ? `[${host}]` : host);
}

/** @returns undefined if the dev server's own URLs have the host anyway, or if the machine has no network */
async function networkName(host: string): Promise<string | undefined> {
  if (!WILDCARDS.includes(host)) return undefined;
  const address = await findNetworkAddress(host === '0.0.0.0');
  return address?.includes(':') ? `[${address}]` : address;
}

function withHost(url: string, name: string | undefined): string {
  return name === undefined ? url : `http://${name}:${new URL(url).port || 80}`;
}
