import { runDocker } from './docker-cli.js';
import { imagesOfProject, runOfImage } from './image-name.js';
import { LABEL } from './labels.js';

/** How many are removed by one command. */
const BATCH = 50;
/** Of a list of containers or networks: the id, the run, and the project's state. */
const ROW = `{{.ID}}\t{{.Label "${LABEL.run}"}}\t{{.Label "${LABEL.state}"}}`;

/**
 * Removes what dev servers of a project that died left in the engine: containers and networks with jamdev's labels, images
 * with its names. Those of one that lives are never touched, nor those of another machine's dev server for a folder with
 * the same path.
 * @param project absolute path of the project folder
 * @param isRunAlive whether the dev server with this run id still runs
 * @param stateId the random id of the project's state folder
 * @returns how many containers were removed; 0 when no engine answers
 * @throws JamdevError `DockerMissing`
 */
export async function removeLeftovers(
  project: string,
  isRunAlive: (runId: string) => boolean,
  stateId?: string,
): Promise<number> {
  let removed = 0;
  // Until none is left: the engine may still make one that a client asked for which has ended since.
  for (let isDone = false; !isDone; ) {
    const containers = await deadOf(['ps', '--all', '--no-trunc'], project, isRunAlive, stateId);
    const count = await removeAll(['rm', '--force', '--volumes'], containers);
    removed += count;
    isDone = count === 0;
  }
  const networks = await deadOf(['network', 'ls', '--no-trunc'], project, isRunAlive, stateId);
  await removeAll(['network', 'rm'], networks);
  await removeAll(['rmi'], await deadImages(project, isRunAlive));
  return removed;
}

/**
 * Counts what {@link removeLeftovers} would remove, but for networks, which take nothing.
 * @throws JamdevError `DockerMissing`
 */
export async function countLeftovers(
  project: string,
  isRunAlive: (runId: string) => boolean,
  stateId?: string,
): Promise<{ containers: number; images: number }> {
  const [containers, images] = await Promise.all([
    deadOf(['ps', '--all', '--no-trunc'], project, isRunAlive, stateId),
    deadImages(project, isRunAlive),
  ]);
  return { containers: containers.length, images: images.length };
}

/** The names of images whose run is over. */
async function deadImages(project: string, isRunAlive: (runId: string) => boolean): Promise<string[]> {
  const filter = ['--filter', `reference=${imagesOfProject(project)}`];
  const { stdout } = await runDocker(['images', ...filter, '--format', '{{.Repository}}:{{.Tag}}']);
  return stdout.split('\n').filter((name) => name !== '' && !isRunAlive(runOfImage(name)));
}

/** The ids of what a command lists that belongs to a project and whose run is over. */
async function deadOf(
  command: string[],
  project: string,
  isRunAlive: (runId: string) => boolean,
  stateId: string | undefined,
): Promise<string[]> {
  const list = async (label: string) => {
    const { stdout } = await runDocker([...command, '--filter', `label=${label}`, '--format', ROW]);
    return stdout.split('\n').map((line) => line.split('\t'));
  };
  // By its path; and by its state, which a project keeps that was renamed.
  const rows = await Promise.all([
    list(`${LABEL.project}=${project}`),
    stateId === undefined ? [] : list(`${LABEL.state}=${stateId}`),
  ]);
  const dead = rows.flat().flatMap(([id = '', runId = '', state = '']) => {
    const isOurs = state === '' || stateId === undefined || state === stateId;
    return id === '' || !isOurs || isRunAlive(runId) ? [] : [id];
  });
  return [...new Set(dead)];
}

/** @returns how many are gone */
async function removeAll(command: string[], ids: string[]): Promise<number> {
  let removed = 0;
  for (let start = 0; start < ids.length; start += BATCH) {
    const batch = ids.slice(start, start + BATCH);
    const { stdout } = await runDocker([...command, ...batch]);
    const done = new Set(stdout.split('\n'));
    removed += batch.filter((id) => done.has(id)).length;
  }
  return removed;
}
