import type { Engine } from '../docker-engine/engine.js';
import { isNotFound } from '../docker-engine/engine-error.js';
import { ignoreError } from '../os/debug/debug-log.js';
import { type DeadRuns, listDeadContainers, removeDeadContainers } from '../runtime/docker/dead-containers.js';
import { removeDeadContexts } from './build-context.js';
import { imagesOfProject, isStage, runOfImage } from './image-name.js';

/**
 * Removes what dev servers of a project that died left in the engine (containers, networks, and images with jamdev's
 * names) and of unfinished image builds.
 * @returns how many containers were removed
 * @throws EngineError, JamdevError
 */
export async function removeLeftovers(engine: Engine, dead: DeadRuns): Promise<number> {
  const removed = await removeDeadContainers(engine, dead);
  await removeDeadImages(engine, dead);
  await removeDeadContexts(dead.project, (run) => !dead.isRunAlive(run));
  return removed;
}

/** Counts what {@link removeLeftovers} would remove, but for networks, which take nothing. */
export async function countLeftovers(engine: Engine, dead: DeadRuns): Promise<{ containers: number; images: number }> {
  const [containers, images] = await Promise.all([listDeadContainers(engine, dead), listDeadImages(engine, dead)]);
  return { containers: containers.length, images: images.length };
}

/** The same as {@link removeLeftovers} for images alone. @throws EngineError, JamdevError */
export async function removeDeadImages(engine: Engine, dead: DeadRuns): Promise<void> {
  for (const name of await listDeadImages(engine, dead)) await removeTag(engine, name);
}

/**
 * Removes a name of an image, and the image with its last name; one that a container uses stays.
 * @returns whether it is gone
 */
export async function removeTag(engine: Engine, name: string): Promise<boolean> {
  // A failed build leaves Podman a container of its own, which no list shows, on the image of its last good step.
  const query = engine.isPodman && isStage(name) ? { force: true } : {};
  return engine.request('DELETE', `/images/${name}`, { query }).then(
    () => true,
    (error) => isNotFound(error) || ignoreError('docker', `removing the image ${name}`, false)(error),
  );
}

/** Returns the names of images that match a pattern, with `*` for any characters but `/`. */
export async function listImageNames(engine: Engine, pattern: string): Promise<string[]> {
  const filters = JSON.stringify({ reference: [pattern] });
  const images = await engine.request<{ RepoTags: string[] | null }[]>('GET', '/images/json', { query: { filters } });
  const names = images.flatMap(({ RepoTags }) => RepoTags ?? []);
  // Podman puts the name of a registry in front.
  return names.map((name) => name.replace(/^(?:docker\.io|localhost)\/(?=jamdev\/)/, ''));
}

/** Returns the names of images whose run is over. An image with names of several projects is listed with all of them. */
async function listDeadImages(engine: Engine, { isRunAlive, ...owner }: DeadRuns): Promise<string[]> {
  const pattern = imagesOfProject(owner);
  const names = await listImageNames(engine, pattern);
  const own = pattern.replace('jamdev/', '').replaceAll('*', '');
  return names.filter((name) => name.includes(own) && !isRunAlive(runOfImage(name)));
}
