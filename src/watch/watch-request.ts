import type { ServiceConfig } from '../config/service-config.js';

/** The paths and rules for watching one service. */
export interface WatchRequest {
  /** Child processes, for which git's ignore rules apply, or containers, for which Docker's apply. */
  kind: 'process' | 'container';
  /** The service's folder or build context, absolute. Changes are shown and `ignore` is matched relative to it. */
  root: string;
  /** Files and folders to watch, absolute. Each may be created later. */
  paths: readonly string[];
  /** Files that are watched wherever they are and whatever the rules say: env files, the config. Absolute paths. */
  files: readonly string[];
  /** For containers, absolute. */
  dockerfile?: string | undefined;
  /** Patterns as in a `.gitignore` in the root. They override all other rules. */
  ignore: readonly string[];
  /** true: poll; false: never poll; undefined: poll if the system reports no changes. */
  poll: boolean | undefined;
}

/**
 * Returns the paths and rules for watching a service.
 * @param configFiles absolute paths; changes to them are reported as well
 */
export function watchRequestOf(service: ServiceConfig, configFiles: readonly string[]): WatchRequest {
  const { root, watch, envFiles, ignore, poll } = service;
  const files = [...envFiles.map(({ path }) => path), ...configFiles];
  const common = { root, paths: watch, files, ignore, poll };
  if (service.runtime === 'process') return { kind: 'process', ...common };
  return { kind: 'container', dockerfile: service.dockerfile, ...common };
}
