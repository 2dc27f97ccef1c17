import { realpathSync, statSync } from 'node:fs';
import { relative } from 'node:path';
import { createReadEnvFiles, isReadOnce } from '../../../config/env-file.js';
import { findProjectFolder } from '../../../config/project-folder.js';
import { DEFAULT_API_PORT, DEFAULT_PROXY_PORT, type DevConfig, resolveConfig } from '../../../config/resolve.js';
import type { ServiceConfig } from '../../../config/service-config.js';
import { JamdevError } from '../../../contract/errors/jamdev-error.js';
import { firstPorts } from '../../../dev-server/choose-ports.js';
import { missingInput } from '../../../images/image-build.js';
import { pathErrors } from '../../../os/path-errors.js';
import { readKeptPorts } from '../../../records/kept-ports.js';
import { stateFolderOf } from '../../../records/state-folder.js';
import { type Finding, fine, trouble } from './finding.js';

/** How much the project depends on Docker: it requires Docker, would use it, or does not use it. */
export type DockerNeed = 'must' | 'would' | 'not';

/** The project to check. If the config is invalid, the values are those without a config. */
export interface Project {
  /** Absolute path with resolved links. */
  folder: string;
  services: readonly ServiceConfig[];
  port: number;
  proxyPort: number;
  defaultPorts: DevConfig['defaultPorts'];
  host: string | undefined;
  remote: DevConfig['remote'];
  finding: Finding;
}

/**
 * Reads the config of a project in the same way as `jamdev dev`.
 * @param named the config file, if one was given
 * @throws JamdevError `NothingToRun` if the folder does not exist
 */
export async function examineProject(folder: string, named: string | undefined): Promise<Project> {
  const path = await findProjectFolder({ folder, config: named });
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw pathErrors.folderMissing(path);
  try {
    const config = await resolveConfig({ folder: path, config: named });
    const { project, services, defaultPorts, host, remote } = config;
    let portTrouble: Finding | undefined;
    const kept = readKeptPorts(stateFolderOf(project), (error) => {
      portTrouble = trouble('config', 'warning', error);
    });
    const { port, proxyPort } = firstPorts(config, kept);
    const finding = (await findTrouble(services)) ?? portTrouble ?? fine('config', describeServices(config));
    return { folder: project, services, port, proxyPort, defaultPorts, host, remote, finding };
  } catch (error) {
    if (!(error instanceof JamdevError)) throw error;
    const ports = { port: DEFAULT_API_PORT, proxyPort: DEFAULT_PROXY_PORT };
    const defaults = {
      services: [],
      ...ports,
      defaultPorts: { port: true, proxyPort: true },
      host: undefined,
      remote: {},
    };
    return { folder: realpathSync(path), ...defaults, finding: trouble('config', 'failure', error) };
  }
}

/** Returns how much services depend on Docker. */
export function dockerNeed(services: readonly ServiceConfig[]): DockerNeed {
  const containers = services.filter((service) => service.runtime === 'docker');
  if (containers.length === 0) return 'not';
  return containers.some(({ fallback }) => fallback === undefined) ? 'must' : 'would';
}

/** Finds problems that would make every build fail, without running a build or consuming a named pipe. */
async function findTrouble(services: readonly ServiceConfig[]): Promise<Finding | undefined> {
  const readEnvFiles = createReadEnvFiles();
  for (const service of services) {
    try {
      await readEnvFiles(service.envFiles.filter((file) => !isReadOnce(file)));
    } catch (error) {
      if (!(error instanceof JamdevError)) throw error;
      return trouble('config', 'failure', error);
    }
    const missing = service.runtime === 'docker' ? missingInput(service) : undefined;
    if (missing === undefined) continue;
    const [what = '', remedy = ''] = missing.split(/: (?=check )/).map(toSentence);
    return { check: 'config', status: 'failure', text: what, remedy };
  }
  return undefined;
}

function toSentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function describeServices({ project, services }: DevConfig): string {
  return services
    .map((service) => {
      const what =
        service.runtime === 'process' ? service.command : `containers of ${relative(project, service.dockerfile)}`;
      const name = services.length > 1 ? `${service.name}: ` : '';
      return `${name}${what} (${service.foundIn})`;
    })
    .join('; ');
}
