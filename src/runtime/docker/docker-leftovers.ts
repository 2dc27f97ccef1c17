import { runDocker } from './docker-cli.js';
import { imagesOfProject, runOfImage } from './image-name.js';
import { LABEL } from './labels.js';

/** How many are removed by one command. */
const BATCH = 50;
/** Of a list of containers or networks: the id and the run. */
const ROW = `{{.ID}}\t{{.Label "${LABEL.run}"}}`;

/**
 * Removes what dev servers of a project that died left in the engine: containers and networks with jamdev's labels, images
 * with its names. Those of one that lives are never touched.
 * @param project absolute path of the project folder
 * @param isRunAlive whether the dev server with this run id still runs
 * @returns how many containers were removed; 0 when no engine answers
 * @throws JamdevError `DockerMissing`
 */
export async function removeLeftovers(project: string, isRunAlive: (runId: string) => boolean): Promise<number> {
  const [containers, networks] = await Promise.all([
    deadContainers(project, isRunAlive),
    deadOf(['network', 'ls', '--no-trunc', ...ofProject(project), '--format', ROW], isRunAlive),
  ]);
  const removed = await removeAll(['rm', '--force', '--volumes'], containers);
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
): Promise<{ containers: number; images: number }> {
  const [containers, images] = await Promise.all([
    deadContainers(project, isRunAlive),
    deadImages(project, isRunAlive),
  ]);
  return { containers: containers.length, images: images.length };
}

function ofProject(project: string): string[] {
  return ['--filter', `label=${LABEL.project}=${project}`];
}

function deadContainers(project: string, isRunAlive: (runId: string) => boolean): Promise<string[]> {
  return deadOf(['ps', '--all', '--no-trunc', ...ofProject(project), '--format', ROW], isRunAlive);
}

/** The names of images whose run is over. */
async function deadImages(project: string, isRunAlive: (runId: string) => boolean): Promise<string[]> {
  const filter = ['--filter', `reference=${imagesOfProject(project)}`];
  const { stdout } = await runDocker(['images', ...filter, '--format', '{{.Repository}}:{{.Tag}}']);
  return stdout.split('\n').filter((name) => name !== '' && !isRunAlive(runOfImage(name)));
}

/** The ids in a list of "id, tab, run id" whose run is over. */
async function deadOf(args: string[], isRunAlive: (runId: string) => boolean): Promise<string[]> {
  const { stdout } = await runDocker(args);
  return stdout.split('\n').flatMap((line) => {
    const [id, runId] = line.split('\t');
    return id === undefined || id === '' || runId === undefined || isRunAlive(runId) ? [] : [id];
  });
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
