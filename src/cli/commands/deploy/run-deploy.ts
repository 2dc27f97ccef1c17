import { type DeployableService, listProjectServices, resolveDeployable } from '../../../config/deploy-config.js';
import { usageError } from '../../../contract/errors/usage-error.js';
import { connectEngine, type Engine } from '../../../docker-engine/engine.js';
import type { CommandIo } from '../../io.js';
import type { DeployOptions } from './deploy.js';
import { DeployClient } from './deploy-client.js';
import { ImageShipper } from './image-shipper.js';
import { reportChange } from './report-change.js';

/**
 * Builds all images, then pushes all, then updates the environments, so that a failed build or push changes no environment.
 * A second run after a failure reuses the images that were already built and pushed.
 */
export async function runDeploy(asked: string | undefined, options: DeployOptions, io: CommandIo): Promise<void> {
  const client = await DeployClient.open(options.api, io.signal);
  const names = await listProjectServices(options.config, asked);
  if (options.image !== undefined && names.length > 1) {
    throw usageError('--image works for one service only.', `Pass one of: ${names.join(', ')}`);
  }
  const services = await Promise.all(names.map((name) => resolveDeployable(options.config, name)));
  // Detects problems with the server before anything is built.
  for (const { name } of services) await client.hasService(name);
  const references = await makeImages(services, client, options, io);
  const moved = [];
  for (const { name, reference } of references) {
    moved.push(await client.deploy(name, options.environment, reference));
  }
  for (const deployed of moved) await reportChange(client, deployed, options, io);
}

async function makeImages(
  services: readonly (DeployableService & { project: string })[],
  client: DeployClient,
  options: DeployOptions,
  io: CommandIo,
): Promise<{ name: string; reference: string }[]> {
  let engine: Engine | undefined;
  try {
    engine = await connectEngine({ signal: io.signal });
    const shipper = new ImageShipper(engine, client, options, io);
    const built = [];
    for (const service of services) built.push({ service, id: await shipper.build(service) });
    const references = [];
    for (const { service, id } of built) {
      references.push({ name: service.name, reference: await shipper.push(service, id) });
    }
    return references;
  } catch (error) {
    if (io.signal.aborted) io.err('Stopped. Nothing was deployed.');
    throw error;
  } finally {
    engine?.close();
  }
}
