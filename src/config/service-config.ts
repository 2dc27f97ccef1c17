import type { OnChange } from '../contract/wire-types.js';
import type { EnvFile } from './env-file.js';

interface CommonServiceConfig {
  name: string;
  env: Record<string, string>;
  /** Read at every build; `env` overrides them. */
  envFiles: readonly EnvFile[];
  /** Absolute paths to watch; empty: nothing is watched. */
  watch: readonly string[];
  /** The service's folder or build context: changed files are shown relative to it. */
  root: string;
  /** Patterns of files not to watch, as in a .gitignore in `root`. */
  ignore: readonly string[];
  /** Whether to poll for changes; undefined: where the system reports none. */
  poll: boolean | undefined;
  onChange: OnChange;
  /** One connection token per backend, which stays in the path. */
  useStaticToken: boolean;
  /**
   * How long a backend may be without a connection, unless the request says otherwise; undefined: the platform's
   * default.
   */
  maxIdleSeconds: number | undefined;
  /** How long a backend may run, unless the request says otherwise; undefined: no limit. */
  lifetimeLimitSeconds: number | undefined;
  /** How long a backend has to end after SIGTERM, before SIGKILL; undefined: the platform's default. */
  gracePeriodSeconds: number | undefined;
  /** How many backends to keep started ahead of time; they must speak the SDK's protocol. 0: none. */
  warmPool: number;
  /** How many starts are prepared ahead of time; undefined: the default of its runtime. */
  warm: number | undefined;
  /** Whether redirects of a backend to its own absolute paths get its connection token. */
  rewriteRedirects: boolean;
  /** The source of what to run, for the banner: "the start script of package.json". */
  foundIn: string;
}

/** A service whose backends are child processes. */
export interface ProcessServiceConfig extends CommonServiceConfig {
  runtime: 'process';
  command: string;
  /** Variables of npm for its scripts; all other variables override them. */
  commandEnv?: Record<string, string>;
  /** Run before the first backend and on every rebuild. */
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
  /** false: the image's program is the first process of its container. */
  init: boolean | undefined;
  /**
   * The fallback when no Docker engine answers; undefined: none, since Docker or the Dockerfile was named explicitly.
   */
  fallback: ProcessServiceConfig | undefined;
}

/** One service, ready to be built and run. */
export type ServiceConfig = ProcessServiceConfig | DockerServiceConfig;
