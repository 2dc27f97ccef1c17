import type { ProcessServiceConfig } from '../../src/config/service-config.js';

/** A service of child processes, as the config would have it. */
export function processService(more: Partial<ProcessServiceConfig> & { cwd: string }): ProcessServiceConfig {
  return {
    runtime: 'process',
    name: 'default',
    command: 'true',
    build: undefined,
    env: {},
    envFiles: [],
    remap8080: false,
    watch: [],
    root: more.cwd,
    ignore: [],
    poll: undefined,
    onChange: 'terminate',
    foundIn: 'a test',
    ...more,
  };
}
