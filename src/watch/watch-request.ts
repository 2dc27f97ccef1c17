import type { ServiceConfig } from '../config/service-config.js';

/** What is to be watched for one service. */
export interface WatchRequest {
  /** Whether backends are child processes, with git's rules for what is ignored, or containers, with Docker's. */
  kind: 'process' | 'container';
  /** The service's folder or build context, absolute: changes are shown relative to it, and `ignore` counts from it. */
  root: string;
  /** Files and folders to watch, absolute; each may be created later. */
  paths: readonly string[];
  /** Files that are watched wherever they are and whatever the rules say: env files, the config. Absolute paths. */
  files: readonly string[];
  /** Of containers, absolute. */
  dockerfile?: string | undefined;
  /** Patterns as in a `.gitignore` in the root; they override everything else. */
  ignore: readonly string[];
  /** true: poll; false: never poll; undefined: poll where the system reports no changes. */
  poll: boolean | undefined;
}

/**
 * What to watch for a service.
 * @param configFiles absolute paths; changes to them are reported as well
 */
export function watchRequestOf(service: ServiceConfig, configFiles: readonly string[]): WatchRequest {
  const { root, watch, envFiles, ignore, poll } = service;
  const files = [...envFiles.map(({ path }) => path), ...configFiles];
  const common = { root, paths: watch, files, ignore, poll };
  if (service.runtime === 'process') return { kind: 'process', ...common };
  return { kind: 'container', dockerfile: service.dockerfile, ...common };
}
