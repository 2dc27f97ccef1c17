import type { IncomingMessage } from 'node:http';
import type { DevInfo } from '../contract/dev-endpoints.js';
import { isLoopbackName, readHostName } from '../contract/hosts.js';
import { findNetworkAddress } from '../os/network-address.js';

/** Where a dev server is reached. */
export type DevUrls = Pick<DevInfo, 'api_url' | 'proxy_url'>;

/** What decides by which URLs a dev server is reached. */
export interface UrlSettings {
  /** What it listens on; undefined: loopback. */
  host: string | undefined;
  /** What stands in front of it, such as a tunnel; without a slash at the end. */
  publicUrl: { api?: string | undefined; proxy?: string | undefined };
}

/** Addresses that stand for every address of the machine. */
const WILDCARDS = ['0.0.0.0', '::'];

/** Makes the URLs that answers of the API carry. */
export class CallerUrls {
  readonly #settings: UrlSettings;
  readonly #own: () => DevUrls;

  /** @param own by which the dev server is reached on this machine; known once the ports are open */
  constructor(settings: UrlSettings, own: () => DevUrls) {
    this.#settings = settings;
    this.#own = own;
  }

  /**
   * Returns the URLs for a program that passes them on to a browser, maybe on another machine. They carry the host by which
   * the program asked, or the network address of this machine where that host leads there from this machine only.
   * @param request with a Host that is allowed
   */
  async forProgram(request: IncomingMessage): Promise<DevUrls> {
    const name = readHostName(request.headers.host ?? '');
    const isLocal = name === undefined || isLoopbackName(name) || name === 'host.docker.internal';
    return this.#carry(isLocal ? undefined : name);
  }

  /** Returns the URLs for a browser that asks itself: what led it here leads it on. */
  async forBrowser(request: IncomingMessage): Promise<DevUrls> {
    return this.#carry(readHostName(request.headers.host ?? ''));
  }

  /** Returns the URLs for a person at this machine, and for code that runs the dev server. */
  forThisMachine(): DevUrls {
    const { api_url, proxy_url } = this.#own();
    const { publicUrl } = this.#settings;
    return { api_url: publicUrl.api ?? api_url, proxy_url: publicUrl.proxy ?? proxy_url };
  }

  /** Returns the URLs for other machines; undefined where it only listens on loopback and nothing is in front of it. */
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

/** Whether other machines may reach what listens there. */
function isReachable(host: string | undefined): host is string {
  return host !== undefined && !isLoopbackName(host.includes(':') ? `[${host}]` : host);
}

/** @returns undefined for a host that the own URLs carry anyway, and on a machine without a network */
async function networkName(host: string): Promise<string | undefined> {
  if (!WILDCARDS.includes(host)) return undefined;
  const address = await findNetworkAddress(host === '0.0.0.0');
  return address?.includes(':') ? `[${address}]` : address;
}

function withHost(url: string, name: string | undefined): string {
  return name === undefined ? url : `http://${name}:${new URL(url).port || 80}`;
}
