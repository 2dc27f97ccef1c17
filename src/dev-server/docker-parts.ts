import type { Builder } from '../builds/builder.js';
import type { BuildImage } from '../builds/image-request.js';
import type { DevConfig } from '../config/resolve.js';
import type { ServiceConfig } from '../config/service-config.js';
import { JamdevError } from '../contract/errors/jamdev-error.js';
import type { FindLocalImages } from '../images/image-catalog.js';
import { noteHandled } from '../os/debug/debug-log.js';
import type { MountSource } from '../platform/mounts.js';
import type { Platform } from '../platform/platform.js';
import type { ChildRegister } from '../records/child-register.js';
import { oldStateOf } from '../records/old-state.js';
import { listServerRecords, type ServerRecord } from '../records/server-records.js';
import type { OwnStateFolder, ProjectNote } from '../records/state-folder.js';
import type { Runtime } from '../runtime/runtime.js';
import { devServerErrors } from './dev-server-errors.js';
import { MountLocks } from './mount-locks.js';

/** The parts that only services with a Dockerfile need; loaded only for those. */
export interface DockerParts {
  runtime: Runtime;
  buildImage: BuildImage;
  findLocalImages: FindLocalImages;
  keepImages: (builder: Builder, platform: Platform) => { close(): Promise<void> };
  /** @param describe what other dev servers are told that want a mount which this one has */
  lockMounts: (describe: () => { apiUrl: string }) => MountSource;
}

/**
 * Decides for child processes where no Docker engine answers and there is another way to run.
 * @returns the services to run, and what to say about it
 * @throws JamdevError `DockerMissing`, `DockerStopped` or `DockerForbidden` when Docker is the only way for one of them
 */
export async function chooseRuntimes(
  services: DevConfig['services'],
): Promise<Pick<DevConfig, 'services'> & { remark?: string }> {
  const inContainers = services.filter((service) => service.runtime === 'docker');
  if (inContainers.length === 0) return { services };
  const { checkEngine } = await import('../runtime/docker/docker-cli.js');
  try {
    await checkEngine();
    return { services };
  } catch (error) {
    const stuck = inContainers.some((service) => service.fallback === undefined);
    if (stuck || !(error instanceof JamdevError)) throw error;
    noteHandled('docker', 'no engine answers: running child processes', error);
    const [first, ...others] = services.map((service) =>
      service.runtime === 'docker' && service.fallback !== undefined ? service.fallback : service,
    );
    return {
      services: [first as ServiceConfig, ...others],
      remark: devServerErrors.usingChildProcesses(error.message).sentence,
    };
  }
}

/** Whether any service runs in containers. */
export function usesDocker(config: Pick<DevConfig, 'services'>): boolean {
  return config.services.some((service) => service.runtime === 'docker');
}

/**
 * Removes containers, networks and images of a project's dev servers that died.
 * @param living those that run
 * @returns whether an engine answered
 */
export async function removeDeadContainers(
  { path, id }: Pick<ProjectNote, 'path' | 'id'>,
  living: readonly Pick<ServerRecord, 'runId'>[],
): Promise<boolean> {
  const [{ checkEngine }, { removeLeftovers }] = await Promise.all([
    import('../runtime/docker/docker-cli.js'),
    import('../runtime/docker/docker-leftovers.js'),
  ]);
  try {
    await checkEngine();
  } catch (error) {
    if (error instanceof JamdevError) return false;
    throw error;
  }
  await removeLeftovers(path, (run) => living.some(({ runId }) => runId === run), id);
  return true;
}

/** Makes the runtime for containers. */
export async function prepareDocker(
  config: DevConfig,
  folder: OwnStateFolder,
  runId: string,
  register: ChildRegister,
): Promise<DockerParts | undefined> {
  if (!usesDocker(config)) return undefined;
  const [{ DockerRuntime }, { ImageKeeper }, { findLocalImages }, { buildImage }] = await Promise.all([
    import('../runtime/docker/docker-runtime.js'),
    import('../images/image-keeper.js'),
    import('../images/local-images.js'),
    import('../images/image-build.js'),
  ]);
  return {
    runtime: new DockerRuntime({
      project: config.project,
      stateId: folder.project.id,
      runId,
      volumes: [folder.volumes, oldStateOf(config.project).volumes],
      register,
    }),
    buildImage,
    findLocalImages,
    keepImages: (builder, platform) => new ImageKeeper(builder, platform),
    lockMounts: (describe) =>
      new MountLocks({
        state: { folder, note: folder.project },
        hasMounts: ({ definition }) => config.services.find(({ name }) => name === definition)?.runtime !== 'process',
        describe,
        cleanUp: async () => {
          const servers = await listServerRecords(folder);
          const living = servers.filter(({ alive }) => alive).map(({ record }) => record);
          return removeDeadContainers(folder.project, living);
        },
      }),
  };
}
