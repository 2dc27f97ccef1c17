import { join } from 'node:path';
import type { Builder } from '../builds/builder.js';
import type { BuildImage } from '../builds/image-request.js';
import type { DevConfig } from '../config/resolve.js';
import type { ServiceConfig } from '../config/service-config.js';
import { JamdevError } from '../contract/errors/jamdev-error.js';
import type { Engine } from '../docker-engine/engine.js';
import type { FindLocalImages } from '../images/image-catalog.js';
import { noteHandled } from '../os/debug/debug-log.js';
import { userAndHost } from '../os/user-and-host.js';
import type { MountSource } from '../platform/mounts.js';
import type { Platform } from '../platform/platform.js';
import type { PipePool } from '../processes/pipe-pool.js';
import { oldStateOf } from '../records/old-state.js';
import { listServerRecords, type ServerRecord } from '../records/server-records.js';
import type { OwnStateFolder, ProjectNote } from '../records/state-folder.js';
import type { Runtime } from '../runtime/runtime.js';
import { devServerErrors } from './dev-server-errors.js';
import { MountLocks } from './mount-locks.js';
import { describeRemote } from './remote-engine.js';

/** The parts that only services with a Dockerfile need; loaded only for those. */
export interface DockerParts {
  runtime: Runtime;
  buildImage: BuildImage;
  findLocalImages: FindLocalImages;
  keepImages: (builder: Builder, platform: Platform) => { close(): Promise<void> };
  /** @param describe returns the information that another dev server shows if it needs a mount of this one */
  lockMounts: (describe: () => { apiUrl: string }) => MountSource;
}

/**
 * Falls back to child processes if no Docker engine answers and the services can run without one.
 * @returns the services to run, a remark for the user, and the engine if one is needed
 * @throws JamdevError `DockerMissing`, `DockerStopped`, `DockerForbidden` or `EngineUnreachable` if a service can run
 *   only in Docker
 */
export async function chooseRuntimes({
  services,
  remote,
}: Pick<DevConfig, 'services' | 'remote'>): Promise<
  Pick<DevConfig, 'services'> & { remark?: string; engine?: Engine }
> {
  const inContainers = services.filter((service) => service.runtime === 'docker');
  if (inContainers.length === 0) return { services };
  const { connectEngine } = await import('../docker-engine/engine.js');
  try {
    const engine = await connectEngine({ remoteAddress: remote.address });
    const remark = describeRemote(engine.endpoint);
    return { services, engine, ...(remark === undefined ? {} : { remark }) };
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
 * Removes containers, networks and images of a project's dead dev servers.
 * @param living the running dev servers
 * @param engine default: the current engine of the docker client
 * @returns whether an engine answered
 */
export async function removeDeadContainers(
  { path, id }: Pick<ProjectNote, 'path' | 'id'>,
  living: readonly Pick<ServerRecord, 'runId'>[],
  engine?: Engine,
): Promise<boolean> {
  const [{ connectEngine }, { removeLeftovers }] = await Promise.all([
    import('../docker-engine/engine.js'),
    import('../images/leftovers.js'),
  ]);
  let own: Engine | undefined;
  try {
    const isRunAlive = (run: string) => living.some(({ runId }) => runId === run);
    const used = engine ?? (await connectEngine());
    if (used !== engine) own = used;
    await removeLeftovers(used, { project: path, isRunAlive, stateId: id });
    return true;
  } catch (error) {
    if (error instanceof JamdevError) return false;
    throw error;
  } finally {
    own?.close();
  }
}

/** Creates the parts for containers, if there is an engine for them. */
export async function prepareDocker({
  config,
  folder,
  runId,
  engine,
  pipes,
}: {
  config: DevConfig;
  folder: OwnStateFolder;
  runId: string;
  engine?: Engine | undefined;
  pipes: PipePool;
}): Promise<DockerParts | undefined> {
  if (engine === undefined) return undefined;
  const [{ DockerRuntime }, { ImageKeeper }, { findLocalImages }, { buildImage }, { KnownBuilder }] = await Promise.all(
    [
      import('../runtime/docker/docker-runtime.js'),
      import('../images/image-keeper.js'),
      import('../images/local-images.js'),
      import('../images/image-build.js'),
      import('../docker-engine/docker-builder.js'),
    ],
  );
  const owner = { project: config.project, stateId: folder.project.id, runId };
  // Removed together with all other files of the run.
  const ofRun = join(folder.root, 'loaded', runId);
  const runtime = new DockerRuntime({
    ...owner,
    engine,
    owner: userAndHost(),
    volumes: [folder.volumes, oldStateOf(config.project).volumes],
    controls: join(ofRun, 'standby'),
  });
  const building = { scratch: join(ofRun, 'builds'), builder: new KnownBuilder(engine.endpoint.environment), pipes };
  return {
    runtime,
    buildImage: (request, ...rest) => buildImage(engine, { ...request, ...building }, ...rest),
    findLocalImages: (...names) => findLocalImages(engine, ...names),
    keepImages: (builder, platform) => new ImageKeeper({ ...owner, engine }, builder, platform, runtime),
    lockMounts: (describe) =>
      new MountLocks({
        state: { folder, note: folder.project },
        hasMounts: ({ definition }) => config.services.find(({ name }) => name === definition)?.runtime !== 'process',
        describe,
        cleanUp: async () => {
          const servers = await listServerRecords(folder);
          const living = servers.filter(({ alive }) => alive).map(({ record }) => record);
          return removeDeadContainers(folder.project, living, engine);
        },
      }),
  };
}
