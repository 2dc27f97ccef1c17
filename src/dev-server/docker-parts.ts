import type { Builder } from '../build/builder.js';
import type { FindLocalImages } from '../build/image-catalog.js';
import type { DevConfig } from '../config/resolve.js';
import type { ServiceConfig } from '../config/service-config.js';
import { JamdevError, problem } from '../contract/errors.js';
import type { Platform } from '../platform/platform.js';
import { oldStateOf } from '../records/old-state.js';
import type { StateFolder } from '../records/state-folder.js';
import type { Runtime } from '../runtime/runtime.js';
import { listForeignRuns } from './other-servers.js';

/** The parts that only services with a Dockerfile need; loaded only for those. */
export interface DockerParts {
  runtime: Runtime;
  findLocalImages: FindLocalImages;
  keepImages: (builder: Builder, platform: Platform) => { close(): Promise<void> };
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
    const [first, ...others] = services.map((service) =>
      service.runtime === 'docker' && service.fallback !== undefined ? service.fallback : service,
    );
    return {
      services: [first as ServiceConfig, ...others],
      remark: problem.usingChildProcesses(error.message).sentence,
    };
  }
}

/** Prepares for containers: removes what dead dev servers left, and makes the runtime. */
export async function prepareDocker(
  config: DevConfig,
  folder: StateFolder,
  runId: string,
): Promise<DockerParts | undefined> {
  if (!config.services.some((service) => service.runtime === 'docker')) return undefined;
  const [{ DockerRuntime }, { removeLeftovers }, { ImageKeeper }, { findLocalImages }] = await Promise.all([
    import('../runtime/docker/docker-runtime.js'),
    import('../runtime/docker/docker-leftovers.js'),
    import('../build/image-keeper.js'),
    import('../build/local-images.js'),
    // Needed by the first build: loaded now, while a failure still ends the start.
    import('../build/image-build.js'),
  ]);
  const living = await listForeignRuns(folder, runId);
  await removeLeftovers(config.project, (run) => living.has(run));
  return {
    runtime: new DockerRuntime({
      project: config.project,
      runId,
      volumes: [folder.volumes, oldStateOf(config.project).volumes],
    }),
    findLocalImages,
    keepImages: (builder, platform) => new ImageKeeper(builder, platform),
  };
}
