import { z } from 'zod';
import type { DockerServiceConfig } from '../config/service-config.js';
import type { Engine } from '../docker-engine/engine.js';
import { EngineError } from '../docker-engine/engine-error.js';
import { noteHandled } from '../os/debug/debug-log.js';
import { buildImage } from './image-build.js';
import { imageErrors } from './image-errors.js';
import { imageName } from './image-name.js';

/**
 * Takes the place of a run id, so that the image of a deployment replaces the last one and its layers are cached for the
 * next.
 */
const RUN = 'deploy';

const idSchema = z.object({ Id: z.string() });

/**
 * Builds the image of a service for a deployment.
 * @param project absolute path
 * @param onLine receives the builder's output
 * @returns the image's id
 * @throws JamdevError `BuildFailed`
 */
export async function buildForDeployment(
  engine: Engine,
  project: string,
  { name, dockerfile, context, platform, buildArgs, target }: DockerServiceConfig,
  signal: AbortSignal,
  onLine: (line: string) => void,
): Promise<string> {
  const owner = { project, service: name, runId: RUN, number: 1 };
  const before = await findImage(engine, imageName(owner));
  const request = { ...owner, dockerfile, context, platform, buildArgs, target };
  const outcome = await buildImage(engine, request, signal, onLine);
  signal.throwIfAborted();
  if (!outcome.ok) throw imageErrors.imageNotBuilt(name, outcome.failure);
  if (before !== undefined && before !== outcome.digest) await removeUnused(engine, before);
  return outcome.digest;
}

async function findImage(engine: Engine, name: string): Promise<string | undefined> {
  try {
    return idSchema.parse(await engine.request('GET', `/images/${name}/json`)).Id;
  } catch (error) {
    if (error instanceof EngineError && error.status === 404) return undefined;
    throw error;
  }
}

/** Removes an image unless the engine refuses, since another deployment may be pushing it or a container may run it. */
async function removeUnused(engine: Engine, id: string): Promise<void> {
  try {
    await engine.request('DELETE', `/images/${id}`);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    noteHandled('docker', 'removing the image of the last deployment', error);
  }
}
