import type { Engine } from '../docker-engine/engine.js';
import { isNotFound } from '../docker-engine/engine-error.js';
import { ignoreError } from '../os/debug/debug-log.js';
import { type DeadRuns, listDeadContainers, removeDeadContainers } from '../runtime/docker/dead-containers.js';
import { removeDeadContexts } from './build-context.js';
import { imagesOfProject, isStage, runOfImage } from './image-name.js';

/**
 * Removes what a project's dead dev servers left in the engine (containers, networks, and images with jamdev's names), and
 * the files of their unfinished image builds.
 * @returns how many containers were removed
 * @throws EngineError, JamdevError
 */
export async function removeLeftovers(engine: Engine, dead: DeadRuns): Promise<number> {
  const removed = await removeDeadContainers(engine, dead);
  await removeDeadImages(engine, dead);
  await removeDeadContexts(dead.project, (run) => !dead.isRunAlive(run));
  return removed;
}

/** Counts what {@link removeLeftovers} would remove, except networks, which take no space. */
export async function countLeftovers(engine: Engine, dead: DeadRuns): Promise<{ containers: number; images: number }> {
  const [containers, images] = await Promise.all([listDeadContainers(engine, dead), listDeadImages(engine, dead)]);
  return { containers: containers.length, images: images.length };
}

/** Does the same as {@link removeLeftovers}, but only for images. @throws EngineError, JamdevError */
export async function removeDeadImages(engine: Engine, dead: DeadRuns): Promise<void> {
  for (const name of await listDeadImages(engine, dead)) await removeTag(engine, name);
}

/**
 * Removes a name of an image, and the image itself with its last name. An image used by a container stays.
 * @returns whether it is gone
 */
export async function removeTag(engine: Engine, name: string): Promise<boolean> {
  // After a failed build, Podman keeps its own container, which no list shows, on the image of the last good step.
  const query = engine.isPodman && isStage(name) ? { force: true } : {};
  return engine.request('DELETE', `/images/${name}`, { query }).then(
    () => true,
    (error) => isNotFound(error) || ignoreError('docker', `removing the image ${name}`, false)(error),
  );
}

/** Returns the names of images that match a pattern, in which `*` matches any characters but `/`. */
export async function listImageNames(engine: Engine, pattern: string): Promise<string[]> {
  const filters = JSON.stringify({ reference: [pattern] });
  const images = await engine.request<{ RepoTags: string[] | null }[]>('GET', '/images/json', { query: { filters } });
  const names = images.flatMap(({ RepoTags }) => RepoTags ?? []);
  // Podman prefixes the name with a registry.
  return names.map((name) => name.replace(/^(?:docker\.io|localhost)\/(?=jamdev\/)/, ''));
}

/** Returns the names of images whose run has ended. An image with names of several projects is listed under all of them. */
async function listDeadImages(engine: Engine, { isRunAlive, ...owner }: DeadRuns): Promise<string[]> {
  const pattern = imagesOfProject(owner);
  const names = await listImageNames(engine, pattern);
  const own = pattern.replace('jamdev/', '').replaceAll('*', '');
  return names.filter((name) => name.includes(own) && !isRunAlive(runOfImage(name)));
}
