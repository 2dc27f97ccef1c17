import { resolve } from 'node:path';
import { checkEnv } from '../contract/env.js';
import { usageError } from '../contract/errors/usage-error.js';
import { isThere } from '../os/is-there.js';
import { configErrors } from './config-errors.js';
import type { DevFlags } from './dev-flags.js';
import { findEnvFiles } from './env-file.js';
import type { ServiceSettings } from './schema.js';
import type { DockerServiceConfig, ProcessServiceConfig, ServiceConfig } from './service-config.js';
import { findStartScript } from './start-script.js';

/** The sources of a service's settings. */
export interface ConfigSources {
  name: string;
  /** Absolute path. */
  project: string;
  /** The service's own folder, or the project folder. Absolute path. */
  folder: string;
  flags: DevFlags;
  /** The service's settings in the config file. */
  file: ServiceSettings;
  /** '' if there is no config file. */
  fileName: string;
  /** The folder that paths in the config file are relative to. */
  fileFolder: string;
}

/** The platform of production. */
const DEFAULT_PLATFORM = 'linux/amd64';
/** The config value that means the platform of this machine. */
const NATIVE_PLATFORM = 'native';

/**
 * Determines what to run, and how. Command line options come first: a command means a child process, and a Dockerfile a
 * container. Then comes the config file, in which a Dockerfile wins over a command, since production builds it. Then come a
 * Dockerfile in the folder and the command of `npm start`. `runtime` overrides the choice between the two.
 * @throws JamdevError `NothingToRun`, `Usage`
 */
export async function resolveService(sources: ConfigSources): Promise<ServiceConfig> {
  const { folder, flags, file } = sources;
  if (flags.command?.trim() === '') throw usageError('--command is empty.', 'Pass the command that starts a backend.');
  const runtime = flags.runtime ?? (flags.command !== undefined ? 'process' : file.runtime);
  const asContainer = runtime === 'process' ? undefined : findDockerfile(sources);
  if (asContainer !== undefined) {
    // If Docker or a Dockerfile was chosen explicitly, there is no fallback. npm's default server.js is not a fallback
    // either.
    const isNamed = runtime === 'docker' || (flags.dockerfile ?? file.dockerfile) !== undefined;
    const fallback = isNamed ? undefined : await findProcess(sources, { named: true });
    return { ...asContainer, fallback };
  }
  if (runtime === 'docker') throw configErrors.noDockerfile(folder);
  const asProcess = await findProcess(sources, { named: false });
  if (asProcess === undefined) {
    throw runtime === 'process' ? configErrors.noCommand(folder) : configErrors.nothingToRun(folder);
  }
  return asProcess;
}

function findDockerfile(sources: ConfigSources): Omit<DockerServiceConfig, 'fallback'> | undefined {
  const { name, folder, flags, file, fileName, fileFolder } = sources;
  const asked = (flags.runtime ?? file.runtime) === 'docker';
  let dockerfile = resolve(folder, 'Dockerfile');
  let foundIn = 'the Dockerfile in the folder';
  if (flags.dockerfile !== undefined) {
    dockerfile = resolve(flags.dockerfile);
    foundIn = 'the option --dockerfile';
  } else if (file.dockerfile !== undefined) {
    dockerfile = resolve(fileFolder, file.dockerfile);
    foundIn = fileName;
  } else if (!isThere(dockerfile) || (file.command !== undefined && !asked)) {
    return undefined;
  }
  const path = file.dockerOptions?.path;
  const context =
    flags.context === undefined ? (path === undefined ? folder : resolve(fileFolder, path)) : resolve(flags.context);
  const platform = flags.platform ?? file.platform ?? DEFAULT_PLATFORM;
  return {
    runtime: 'docker',
    name,
    dockerfile,
    context,
    platform: platform === NATIVE_PLATFORM ? undefined : platform,
    buildArgs: file.dockerOptions?.buildArgs ?? {},
    target: file.dockerOptions?.target,
    network: flags.dockerNetwork ?? file.dockerOptions?.network,
    init: file.dockerOptions?.init,
    ...common(sources, context, foundIn),
  };
}

/** @param named whether only an explicit command or script counts */
async function findProcess(
  sources: ConfigSources,
  { named }: { named: boolean },
): Promise<ProcessServiceConfig | undefined> {
  const { name, folder, flags, file, fileName } = sources;
  const make = (command: string, build: string | undefined, foundIn: string): ProcessServiceConfig => ({
    runtime: 'process',
    name,
    command,
    build,
    cwd: folder,
    remap8080: flags.remap8080 ?? file.remap8080 ?? true,
    ...common(sources, folder, foundIn),
  });
  const build = flags.build ?? file.build;
  if (flags.command !== undefined) return make(flags.command, build, 'the option --command');
  if (file.command !== undefined) return make(file.command, build, fileName);
  const start = await findStartScript(folder);
  if (start === undefined || (named && !start.isNamed)) return undefined;
  const service = { ...make(start.command, build ?? start.before, start.foundIn), commandEnv: start.env };
  return build === undefined && start.beforeEnv !== undefined ? { ...service, buildEnv: start.beforeEnv } : service;
}

function common(sources: ConfigSources, root: string, foundIn: string) {
  const { project, folder, flags, file, fileFolder } = sources;
  return {
    env: checkEnv({ ...file.env, ...flags.env }),
    envFiles:
      flags.envFile === undefined
        ? findEnvFiles(file.envFile, [project, folder], fileFolder)
        : findEnvFiles(flags.envFile, [], '.'),
    watch: watchedPaths(flags.watch, (path) => resolve(path), root) ??
      watchedPaths(file.watch, (path) => resolve(fileFolder, path), root) ?? [root],
    root,
    ignore: [...[file.ignore ?? []].flat(), ...(flags.ignore ?? [])],
    poll: file.poll,
    onChange: flags.onChange ?? file.onChange ?? ('restart' as const),
    useStaticToken: flags.useStaticToken ?? file.useStaticToken ?? false,
    maxIdleSeconds: file.maxIdleSeconds,
    lifetimeLimitSeconds: file.lifetimeLimitSeconds,
    gracePeriodSeconds: file.gracePeriodSeconds,
    warmPool: file.warmPool ?? 0,
    warm: flags.warm ?? file.warm,
    rewriteRedirects: file.rewriteRedirects ?? false,
    foundIn,
  };
}

function watchedPaths(
  given: boolean | string | string[] | undefined,
  toAbsolute: (path: string) => string,
  root: string,
): string[] | undefined {
  if (given === undefined) return undefined;
  if (typeof given === 'boolean') return given ? [root] : [];
  return (typeof given === 'string' ? [given] : given).map(toAbsolute);
}
