import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_SERVICE } from '../contract/default-service.js';
import { JamdevError } from '../contract/errors/jamdev-error.js';
import { usageError } from '../contract/errors/usage-error.js';
import { configErrors } from './config-errors.js';
import { type FoundConfig, readConfigFile } from './config-file.js';
import { findProjectFolder } from './project-folder.js';
import { resolveServices } from './resolve-services.js';
import type { DockerServiceConfig, ServiceConfig } from './service-config.js';
import { suggestDockerfile } from './suggest-dockerfile.js';

/** A service that can be deployed. */
export interface DeployableService {
  /** Its name on the cluster. */
  name: string;
  /** How its image is built. */
  build: DockerServiceConfig;
  /** The `image` setting, a full reference; undefined: not set. */
  image: string | undefined;
}

/**
 * Returns the names of the services of the project in the current folder.
 * @param asked the requested service; undefined: all. Without services in the config, it names the project's only service.
 * @throws JamdevError `Usage` if there is no such service
 */
export async function listProjectServices(config: string | undefined, asked: string | undefined): Promise<string[]> {
  const found = await readConfigFile(await findProjectFolder({ config }), config);
  const names = namesIn(found);
  if (asked === undefined) return names ?? [DEFAULT_SERVICE];
  if (names !== undefined && !names.includes(asked)) throw unknownService(asked, names);
  return [asked];
}

/**
 * Determines how to build a service's image, from the same config as `jamdev dev`, even if that runs the service as a child
 * process.
 * @throws JamdevError `NothingToRun`, with a Dockerfile to add, `ConfigInvalid`
 */
export async function resolveDeployable(
  config: string | undefined,
  name: string,
): Promise<DeployableService & { project: string }> {
  const project = await findProjectFolder({ config });
  const found = await readConfigFile(project, config);
  const [build] = await resolveOnly(project, found, name, 'docker').catch(async (error) => {
    throw isMissing(error) ? await missingDockerfile(project, found, name) : error;
  });
  if (build.runtime !== 'docker') throw configErrors.noDockerfile(project);
  if (statSync(build.dockerfile, { throwIfNoEntry: false }) === undefined) {
    throw await missingDockerfile(project, found, name);
  }
  const { image, pullPolicy } = found?.config.services?.[name] ?? found?.config ?? {};
  if (pullPolicy === 'Never') throw configErrors.imageNeverPulled(name);
  return { project, name, build, image };
}

function resolveOnly(project: string, found: FoundConfig | undefined, name: string, runtime: 'docker' | 'process') {
  const settings = found?.config.services?.[name];
  const only =
    found === undefined || settings === undefined
      ? found
      : { ...found, config: { ...found.config, services: { [name]: settings } } };
  return resolveServices(project, { runtime }, only);
}

function isMissing(error: unknown): boolean {
  return error instanceof JamdevError && error.code === 'NothingToRun';
}

async function missingDockerfile(project: string, found: FoundConfig | undefined, name: string): Promise<JamdevError> {
  let running: ServiceConfig | undefined;
  try {
    [running] = await resolveOnly(project, found, name, 'process');
  } catch (error) {
    if (!isMissing(error)) return error instanceof JamdevError ? error : Promise.reject(error);
  }
  const folder = running?.runtime === 'process' ? running.cwd : project;
  const named = found?.config.services?.[name]?.dockerfile ?? found?.config.dockerfile;
  const command = running?.runtime === 'process' ? running.command : undefined;
  return configErrors.dockerfileToAdd(name, join(folder, named ?? 'Dockerfile'), suggestDockerfile(folder, command));
}

function namesIn(found: FoundConfig | undefined): string[] | undefined {
  const services = found?.config.services;
  return services === undefined ? undefined : Object.keys(services);
}

function unknownService(asked: string, names: readonly string[]): JamdevError {
  return usageError(`The config file has no service "${asked}".`, `It has: ${names.join(', ')}`);
}
