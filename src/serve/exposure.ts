import type { ServeConfig } from '../config/serve-config.js';
import { isLoopbackName } from '../contract/hosts.js';

/**
 * Returns where other machines can reach the API: the host that it listens on, or the public URL, for example of a
 * reverse proxy on this machine. Undefined if it is reachable from this machine only.
 */
export function exposedAt({ host, publicUrl }: Pick<ServeConfig, 'host' | 'publicUrl'>): string | undefined {
  if (host !== undefined) return host;
  return publicUrl === undefined || isLoopbackName(new URL(publicUrl).hostname) ? undefined : publicUrl;
}
