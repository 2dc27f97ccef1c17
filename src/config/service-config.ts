import type { OnChange } from '../contract/wire-types.js';
import type { EnvFile } from './env-file.js';

interface CommonServiceConfig {
  name: string;
  env: Record<string, string>;
  /** Files that are read for every build; `env` overrides them. */
  envFiles: readonly EnvFile[];
  /** Absolute paths to watch; empty: nothing. */
  watch: readonly string[];
  /** The service's folder or build context. Changed files are shown relative to it. */
  root: string;
  /** Patterns of files not to watch, as in a .gitignore in `root`. */
  ignore: readonly string[];
  /** Whether to poll for changes; undefined: only if the system reports none. */
  poll: boolean | undefined;
  onChange: OnChange;
  /** Whether each backend has one connection token, which stays in the path. */
  useStaticToken: boolean;
  /** How long a backend may have no connections, unless the request sets this; undefined: the platform's default. */
  maxIdleSeconds: number | undefined;
  /** How long a backend may run, unless the request sets this; undefined: no limit. */
  lifetimeLimitSeconds: number | undefined;
  /** Time between SIGTERM and SIGKILL when a backend is terminated; undefined: the platform's default. */
  gracePeriodSeconds: number | undefined;
  /** How many backends to start ahead of time; they must support the SDK's protocol. 0: none. */
  warmPool: number;
  /** How many processes or containers to start ahead of time; undefined: the runtime's default. */
  warm: number | undefined;
  /** Whether to add the connection token to a backend's redirects to its own absolute paths. */
  rewriteRedirects: boolean;
  /** Where the command or Dockerfile was found, for the banner: "the start script of package.json". */
  foundIn: string;
}

/** A service whose backends are child processes. */
export interface ProcessServiceConfig extends CommonServiceConfig {
  runtime: 'process';
  command: string;
  /** npm's variables for scripts. All other variables override them. */
  commandEnv?: Record<string, string>;
  /** The command to run before the first backend and on every rebuild. */
  build: string | undefined;
  /** Like `commandEnv`, for the build. */
  buildEnv?: Record<string, string>;
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
  /** false: the image's own program is the container's first process. */
  init: boolean | undefined;
  /** The fallback if no Docker engine answers; undefined if Docker or the Dockerfile was chosen explicitly. */
  fallback: ProcessServiceConfig | undefined;
}

/** One service, ready to be built and run. */
export type ServiceConfig = ProcessServiceConfig | DockerServiceConfig;
