import type { OnChange } from '../contract/wire-types.js';

/** Options of a dev server in code. Missing values come from the config file, then from package.json. */
export interface DevServerOptions {
  /** The project folder; default: the current one. */
  folder?: string | undefined;
  /** Path of a config file. */
  config?: string | undefined;
  runtime?: 'docker' | 'process' | undefined;
  /** The command that starts a backend. */
  command?: string | undefined;
  /** The command that builds the service: run before the first backend, and again after changes. */
  build?: string | undefined;
  /** Variables for backends. */
  env?: Record<string, string> | undefined;
  /** Files with variables. */
  envFile?: string[] | undefined;
  /** Whether listen(8080) in a Node.js backend is redirected to the port in PORT. */
  remap8080?: boolean | undefined;
  dockerfile?: string | undefined;
  /** The build context. */
  context?: string | undefined;
  dockerNetwork?: string | undefined;
  platform?: string | undefined;
  /**
   * Paths to watch for changes, which start a build; relative to the current folder. `true`: the config's paths, or else the
   * service's folder; `false`: nothing. Default: `false` in code and in `jamdev exec`, `true` in `jamdev dev`.
   */
  watch?: string[] | boolean | undefined;
  /** Patterns of files not to watch, in addition to those of the config file. */
  ignore?: string[] | undefined;
  /** What happens to running backends after a good build. Default: `restart`. */
  onChange?: OnChange | undefined;
  /** How many Node.js processes are started ahead of time for the next backends; 0: none. Default: 1. */
  warm?: number | undefined;
  /** Whether each backend has one connection token that never changes. */
  useStaticToken?: boolean | undefined;
  /** Port of the API; 0: any free one. */
  port?: number | undefined;
  /** Port of the proxy; 0: any free one. */
  proxyPort?: number | undefined;
  /** The address to listen on; default: loopback only. */
  host?: string | undefined;
  /** Additional host names for reaching the dev server, combined with those in the config file. */
  allowedHosts?: string[] | undefined;
}

/** The options of a command line. */
export interface DevFlags extends DevServerOptions {
  interactive?: boolean | undefined;
  styleLogOutput?: boolean | undefined;
}
