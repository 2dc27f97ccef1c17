import type { DockerServiceConfig, ProcessServiceConfig } from '../../src/config/service-config.js';

/** A service with child processes, as the config would have it. */
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
    useStaticToken: false,
    maxIdleSeconds: undefined,
    lifetimeLimitSeconds: undefined,
    gracePeriodSeconds: undefined,
    warmPool: 0,
    rewriteRedirects: false,
    warm: undefined,
    foundIn: 'a test',
    ...more,
  };
}

/** A service with containers, as the config would have it. */
export function dockerService(more: Partial<DockerServiceConfig> & { context: string }): DockerServiceConfig {
  return {
    runtime: 'docker',
    name: 'default',
    dockerfile: 'Dockerfile',
    platform: undefined,
    buildArgs: {},
    target: undefined,
    network: undefined,
    init: undefined,
    env: {},
    envFiles: [],
    watch: [],
    root: more.context,
    ignore: [],
    poll: undefined,
    onChange: 'terminate',
    useStaticToken: false,
    maxIdleSeconds: undefined,
    lifetimeLimitSeconds: undefined,
    gracePeriodSeconds: undefined,
    warmPool: 0,
    rewriteRedirects: false,
    warm: undefined,
    foundIn: 'a test',
    fallback: undefined,
    ...more,
  };
}
