import { isDeepStrictEqual } from 'node:util';
import type { DevConfig } from './resolve.js';
import type { ServiceConfig } from './service-config.js';

/** The effect of a changed config file on a running dev server. */
export interface ConfigChange {
  /** Services whose settings changed. The new settings can be used immediately. */
  services: readonly ServiceConfig[];
  /** Changes that need a restart, such as `"port"` or `the service "chat"`. */
  needsRestart: readonly string[];
}

/** Keys that need a restart: clients rely on the open ports, and the API, proxy and terminal are already set up. */
const FIXED_KEYS = [
  'port',
  'proxyPort',
  'host',
  'allowedHosts',
  'publicUrl',
  'remote',
  'interactive',
  'styleLogOutput',
] as const;

/**
 * Compares the dev server's current config with the content of its files.
 * @param current the current config, with each service as it runs
 */
export function compareConfigs(current: DevConfig, next: DevConfig): ConfigChange {
  const keys = FIXED_KEYS.filter((key) => !isDeepStrictEqual(current[key], next[key])).map((key) => `"${key}"`);
  const services: ServiceConfig[] = [];
  const restarts: string[] = [];
  for (const name of new Set([...namesOf(current), ...namesOf(next)])) {
    const [before, after] = [find(current, name), find(next, name)];
    if (before === undefined) restarts.push(`the new service "${name}"`);
    else if (after === undefined) restarts.push(`the removed service "${name}"`);
    else if (before.runtime !== after.runtime) restarts.push(`"runtime" of the service "${name}"`);
    else if (!isDeepStrictEqual(before, after)) services.push(after);
  }
  return { services, needsRestart: [...keys, ...restarts] };
}

function namesOf({ services }: DevConfig): string[] {
  return services.map(({ name }) => name);
}

function find({ services }: DevConfig, name: string): ServiceConfig | undefined {
  return services.find((service) => service.name === name);
}
