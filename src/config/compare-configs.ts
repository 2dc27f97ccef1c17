import { isDeepStrictEqual } from 'node:util';
import type { DevConfig } from './resolve.js';
import type { ServiceConfig } from './service-config.js';

/** What a changed config file means for a dev server that runs. */
export interface ConfigChange {
  /** Services whose settings changed: they can be built and run by the new ones at once. */
  services: readonly ServiceConfig[];
  /** What takes effect after a restart, in words: `"port"`, `the service "chat"`. */
  needsRestart: readonly string[];
}

/** Ports are open, and clients rely on them; the others decide how the API, the proxy and the terminal were set up. */
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
 * Compares the config that a dev server was started with, or follows by now, with the one that its files hold.
 * @param current with each service as it runs
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
