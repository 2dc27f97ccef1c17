import type { ServeConfig } from '../config/serve-config.js';
import { isLoopbackName } from '../contract/hosts.js';

/**
 * Returns where other machines reach the API: the host that it listens on, or the public URL, as of a reverse proxy on this
 * machine. Undefined: only this machine does.
 */
export function exposedAt({ host, publicUrl }: Pick<ServeConfig, 'host' | 'publicUrl'>): string | undefined {
  if (host !== undefined) return host;
  return publicUrl === undefined || isLoopbackName(new URL(publicUrl).hostname) ? undefined : publicUrl;
}
