import { ignoreError } from '../../os/debug/debug-log.js';
import { createLimit } from '../../os/limit.js';
import type { Engine } from './engine.js';
import { isNotFound } from './engine-error.js';
import { imagesOfProject, runOfImage } from './image-name.js';
import { LABEL } from './labels.js';
import { removeContainer } from './lost-containers.js';

/** How many are removed at once. */
const AT_ONCE = 10;

/** A container or a network. */
interface Labeled {
  Id: string;
  Labels: Record<string, string | undefined> | null;
}

/** Whose leftovers to look for. */
export interface DeadRuns {
  /** Absolute path of the project folder. */
  project: string;
  /** Whether the dev server with this run id still runs. */
  isRunAlive: (runId: string) => boolean;
  /** The random id of the project's state folder. */
  stateId?: string | undefined;
}

/**
 * Removes what dev servers of a project that died left in the engine: containers and networks with jamdev's labels, images
 * with its names. Those of one that lives are never touched, nor those of another machine's dev server for a folder with
 * the same path.
 * @returns how many containers were removed
 * @throws EngineError, JamdevError
 */
export async function removeLeftovers(engine: Engine, dead: DeadRuns): Promise<number> {
  const limit = createLimit(AT_ONCE);
  let removed = 0;
  // Until none is left: the engine may still make one that it was asked for before its dev server died.
  for (;;) {
    const ids = await deadContainers(engine, dead);
    if (ids.length === 0) break;
    await Promise.all(ids.map((id) => limit(() => removeContainer(engine, id))));
    removed += ids.length;
  }
  const networks = await deadOf(engine, dead, '/networks');
  // One that is in use stays.
  await Promise.all(
    networks.map((id) =>
      engine.request('DELETE', `/networks/${id}`).catch(ignoreError('docker', 'removing a network')),
    ),
  );
  await removeDeadImages(engine, dead);
  return removed;
}

/** The same as {@link removeLeftovers} for images alone. @throws EngineError, JamdevError */
export async function removeDeadImages(engine: Engine, dead: DeadRuns): Promise<void> {
  for (const name of await deadImages(engine, dead)) await removeTag(engine, name);
}

/** Counts what {@link removeLeftovers} would remove, but for networks, which take nothing. */
export async function countLeftovers(engine: Engine, dead: DeadRuns): Promise<{ containers: number; images: number }> {
  const [containers, images] = await Promise.all([deadContainers(engine, dead), deadImages(engine, dead)]);
  return { containers: containers.length, images: images.length };
}

/**
 * Removes a name of an image, and the image with its last name; one that a container uses stays.
 * @returns whether it is gone
 */
export async function removeTag(engine: Engine, name: string): Promise<boolean> {
  return engine.request('DELETE', `/images/${name}`).then(
    () => true,
    (error) => isNotFound(error) || ignoreError('docker', `removing the image ${name}`, false)(error),
  );
}

/** Returns the names of images that match a pattern, with `*` for any characters but `/`. */
export async function listImageNames(engine: Engine, pattern: string): Promise<string[]> {
  const filters = JSON.stringify({ reference: [pattern] });
  const images = await engine.request<{ RepoTags: string[] | null }[]>('GET', '/images/json', { query: { filters } });
  return images.flatMap(({ RepoTags }) => RepoTags ?? []);
}

/** The names of images whose run is over. An image that has names of several projects is listed with all. */
async function deadImages(engine: Engine, { project, isRunAlive }: DeadRuns): Promise<string[]> {
  const pattern = imagesOfProject(project);
  const names = await listImageNames(engine, pattern);
  const start = pattern.replace('*', '');
  return names.filter((name) => name.includes(start) && !isRunAlive(runOfImage(name)));
}

async function deadContainers(engine: Engine, dead: DeadRuns): Promise<string[]> {
  return deadOf(engine, dead, '/containers/json', { all: true });
}

/** The ids of what the engine lists that belongs to a project and whose run is over. */
async function deadOf(
  engine: Engine,
  { project, isRunAlive, stateId }: DeadRuns,
  path: string,
  query: Record<string, unknown> = {},
): Promise<string[]> {
  const list = (label: string) =>
    engine.request<Labeled[]>('GET', path, { query: { ...query, filters: JSON.stringify({ label: [label] }) } });
  // By its path; and by its state, which a project keeps that was renamed.
  const lists = await Promise.all([
    list(`${LABEL.project}=${project}`),
    stateId === undefined ? [] : list(`${LABEL.state}=${stateId}`),
  ]);
  const dead = lists.flat().filter(({ Labels }) => {
    const { [LABEL.run]: runId = '', [LABEL.state]: state = '' } = Labels ?? {};
    const isOurs = state === '' || stateId === undefined || state === stateId;
    return isOurs && !isRunAlive(runId);
  });
  return [...new Set(dead.map(({ Id }) => Id))];
}
