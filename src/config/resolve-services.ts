import { statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { DEFAULT_SERVICE } from '../contract/default-service.js';
import { pathErrors } from '../os/path-errors.js';
import { configErrors } from './config-errors.js';
import type { FoundConfig } from './config-file.js';
import type { DevFlags } from './dev-flags.js';
import { resolveService } from './resolve-service.js';
import type { ConfigFile, ServiceSettings } from './schema.js';
import type { ServiceConfig } from './service-config.js';
import { SERVICE_NAME } from './service-name.js';

/** Keys that each service must set itself. A shared value would make all services the same. */
const OF_ONE_SERVICE = ['command', 'dockerfile', 'dockerOptions'] as const;
const COMMON_KEYS = [
  'build',
  'envFile',
  'remap8080',
  'runtime',
  'platform',
  'watch',
  'poll',
  'onChange',
  'useStaticToken',
  'maxIdleSeconds',
  'lifetimeLimitSeconds',
  'gracePeriodSeconds',
  'rewriteRedirects',
  'warm',
] as const;
const FLAGS_OF_ONE_SERVICE = {
  command: '--command',
  build: '--build',
  dockerfile: '--dockerfile',
  context: '--context',
} as const;

/**
 * Resolves a project's services: those in the config file, with the default one first, or a single one.
 * @throws JamdevError `NothingToRun`, `ConfigInvalid`, `Usage`
 */
export async function resolveServices(
  project: string,
  flags: DevFlags,
  found: FoundConfig | undefined,
): Promise<[ServiceConfig, ...ServiceConfig[]]> {
  const file = found?.config ?? {};
  // Paths in the file are relative to its folder, paths on the command line to the current folder.
  const fileFolder = found === undefined ? project : dirname(resolve(found.path));
  const fileName = found === undefined ? '' : basename(found.path);
  const sources = { project, flags, fileName, fileFolder };
  if (file.services === undefined) {
    return [await resolveService({ ...sources, name: DEFAULT_SERVICE, folder: project, file })];
  }
  const names = Object.keys(file.services);
  checkTogether(file, fileName, flags, names);
  const services = Object.entries(file.services).map(async ([name, settings]) => {
    if (!SERVICE_NAME.test(name)) throw configErrors.serviceNameInvalid(fileName, name);
    const folder = resolve(fileFolder, settings.folder ?? project);
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw pathErrors.folderMissing(folder);
    return resolveService({ ...sources, name, folder, file: withCommon(file, settings) });
  });
  const [first, ...others] = await Promise.all(services);
  if (first === undefined) throw configErrors.noServices(fileName);
  return [first, ...others];
}

/** Merges the keys next to `services` into a service that does not set them. Variables and patterns are combined. */
function withCommon(file: ConfigFile, settings: ServiceSettings): ServiceSettings {
  const common = Object.fromEntries(COMMON_KEYS.map((key) => [key, file[key]]));
  const ignored = [...[file.ignore ?? []].flat(), ...[settings.ignore ?? []].flat()];
  return { ...common, ...settings, env: { ...file.env, ...settings.env }, ignore: ignored };
}

function checkTogether(file: ConfigFile, fileName: string, flags: DevFlags, names: readonly string[]): void {
  const misplaced = OF_ONE_SERVICE.find((key) => file[key] !== undefined);
  if (misplaced !== undefined) throw configErrors.belongsToService(fileName, misplaced);
  if (names.length < 2) return;
  for (const [key, flag] of Object.entries(FLAGS_OF_ONE_SERVICE)) {
    if (flags[key as keyof typeof FLAGS_OF_ONE_SERVICE] !== undefined)
      throw configErrors.flagForOneService(flag, names);
  }
  if (Array.isArray(flags.watch)) throw configErrors.flagForOneService('--watch', names);
}
