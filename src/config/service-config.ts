import type { EnvFile } from './env-file.js';

/** What a good build means for backends that run older code. */
export type OnChange = 'terminate' | 'restart' | 'keep';

interface CommonServiceConfig {
  name: string;
  env: Record<string, string>;
  /** Read at every build; `env` wins over them. */
  envFiles: readonly EnvFile[];
  /** What to watch, absolute paths; none: nothing is watched. */
  watch: readonly string[];
  /** The folder whose ignore files count, and to which changed files are told relative. */
  root: string;
  onChange: OnChange;
  /** Where it was found what to run, for the banner: "the start script of package.json". */
  foundIn: string;
}

/** A service whose backends are child processes. */
export interface ProcessServiceConfig extends CommonServiceConfig {
  runtime: 'process';
  command: string;
  /** Run before the first backend and on every rebuild. */
  build: string | undefined;
  cwd: string;
  remap8080: boolean;
}

/** A service whose backends are containers. */
export interface DockerServiceConfig extends CommonServiceConfig {
  runtime: 'docker';
  /** Absolute paths. */
  dockerfile: string;
  context: string;
  platform: string | undefined;
  buildArgs: Record<string, string>;
  target: string | undefined;
  network: string | undefined;
  /** What to run where no Docker engine answers; undefined: nothing. */
  fallback: ProcessServiceConfig | undefined;
}

/** One service, ready to be built and run. */
export type ServiceConfig = ProcessServiceConfig | DockerServiceConfig;
