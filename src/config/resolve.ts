import { existsSync, realpathSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { checkEnv } from '../contract/env.js';
import { problem } from '../contract/errors.js';
import { readConfigFile, readScripts } from './config-file.js';
import type { ConfigFile } from './schema.js';

/** What was given on the command line, or in code; wins over the config file. */
export interface DevFlags {
  /** The project folder; default: the current one. */
  folder?: string | undefined;
  /** Path of a config file. */
  config?: string | undefined;
  command?: string | undefined;
  build?: string | undefined;
  env?: Record<string, string> | undefined;
  remap8080?: boolean | undefined;
  dockerfile?: string | undefined;
  useStaticToken?: boolean | undefined;
  port?: number | undefined;
  proxyPort?: number | undefined;
  host?: string | undefined;
  interactive?: boolean | undefined;
  styleLogOutput?: boolean | undefined;
}

/** One service, ready to be built and run. */
export interface ServiceConfig {
  name: string;
  command: string;
  /** Run before the first backend and on every rebuild. */
  build: string | undefined;
  cwd: string;
  env: Record<string, string>;
  remap8080: boolean;
  /** Where the command was found, for the banner: "start script of package.json". */
  foundIn: string;
}

/** Everything that a dev server has to know; nothing is left to be looked up. */
export interface DevConfig {
  /** Absolute path, links resolved. */
  project: string;
  /** The default one first. */
  services: readonly [ServiceConfig, ...ServiceConfig[]];
  port: number;
  proxyPort: number;
  /** undefined: loopback only. */
  host: string | undefined;
  allowedHosts: readonly string[];
  interactive: boolean;
  styleLogOutput: boolean;
}

export const DEFAULT_API_PORT = 8080;
export const DEFAULT_PROXY_PORT = 9090;
const DEFAULT_SERVICE = 'default';

/**
 * Puts flags, config file and package.json together: flags win, then the file, then the `start` script.
 * @throws JamdevError when there is nothing to run, or the file is not valid
 */
export async function resolveConfig(flags: DevFlags): Promise<DevConfig> {
  const folder = resolve(flags.folder ?? '.');
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw problem.folderMissing(folder);
  const project = realpathSync(folder);
  const found = await readConfigFile(project, flags.config === undefined ? undefined : resolve(flags.config));
  const file: ConfigFile = found?.config ?? {};
  const fileName = found === undefined ? '' : basename(found.path);
  if (flags.useStaticToken ?? file.useStaticToken) throw problem.staticTokenNotYet();
  const port = flags.port ?? file.port ?? DEFAULT_API_PORT;
  const proxyPort = flags.proxyPort ?? file.proxyPort ?? DEFAULT_PROXY_PORT;
  if (port === proxyPort && port !== 0) throw problem.portsEqual(port);
  return {
    project,
    services: [await resolveService(project, flags, file, fileName)],
    port,
    proxyPort,
    host: flags.host ?? file.host,
    allowedHosts: file.allowedHosts ?? [],
    interactive: flags.interactive ?? file.interactive ?? true,
    styleLogOutput: flags.styleLogOutput ?? file.styleLogOutput ?? true,
  };
}

async function resolveService(
  project: string,
  flags: DevFlags,
  file: ConfigFile,
  fileName: string,
): Promise<ServiceConfig> {
  const { command, build, foundIn } = await findCommand(project, flags, file, fileName);
  return {
    name: DEFAULT_SERVICE,
    command,
    build,
    cwd: project,
    env: checkEnv({ ...file.env, ...flags.env }),
    remap8080: flags.remap8080 ?? file.remap8080 ?? true,
    foundIn,
  };
}

/** A Dockerfile counts as what to run when it is named, or when nothing else is found and there is one. */
async function findCommand(
  project: string,
  flags: DevFlags,
  file: ConfigFile,
  fileName: string,
): Promise<Pick<ServiceConfig, 'command' | 'build' | 'foundIn'>> {
  const build = flags.build ?? file.build;
  if (flags.command?.trim() === '') throw problem.usage('--command is empty.', 'Give it what starts a backend.');
  if (flags.command !== undefined) return { command: flags.command, build, foundIn: 'the option --command' };
  if (flags.dockerfile !== undefined) throw problem.dockerNotYet(flags.dockerfile);
  if (file.command !== undefined) return { command: file.command, build, foundIn: fileName };
  if (file.dockerfile !== undefined) throw problem.dockerNotYet(file.dockerfile);
  const scripts = await readScripts(project);
  if (typeof scripts.start === 'string' && scripts.start.trim() !== '') {
    // npm runs `prestart` before every start; once per build is what it is for.
    const prestart = typeof scripts.prestart === 'string' ? scripts.prestart : undefined;
    return { command: scripts.start, build: build ?? prestart, foundIn: 'the start script of package.json' };
  }
  if (existsSync(resolve(project, 'Dockerfile'))) throw problem.dockerNotYet('Dockerfile');
  throw problem.nothingToRun(project);
}
