import type { OnChange } from './service-config.js';

/** What was given on the command line, or in code; wins over the config file. */
export interface DevFlags {
  /** The project folder; default: the current one. */
  folder?: string | undefined;
  /** Path of a config file. */
  config?: string | undefined;
  runtime?: 'docker' | 'process' | undefined;
  command?: string | undefined;
  build?: string | undefined;
  env?: Record<string, string> | undefined;
  /** Files with variables. */
  envFile?: string[] | undefined;
  remap8080?: boolean | undefined;
  dockerfile?: string | undefined;
  /** The build context. */
  context?: string | undefined;
  dockerNetwork?: string | undefined;
  platform?: string | undefined;
  /** false: nothing is watched. */
  watch?: string[] | boolean | undefined;
  /** Patterns of what not to watch; they come after those of the config file. */
  ignore?: string[] | undefined;
  onChange?: OnChange | undefined;
  useStaticToken?: boolean | undefined;
  port?: number | undefined;
  proxyPort?: number | undefined;
  host?: string | undefined;
  interactive?: boolean | undefined;
  styleLogOutput?: boolean | undefined;
}
