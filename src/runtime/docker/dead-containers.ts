import type { Engine } from '../../docker-engine/engine.js';
import { ignoreError } from '../../os/debug/debug-log.js';
import { createLimit } from '../../os/limit.js';
import { LABEL } from './labels.js';
import { removeContainer } from './lost-containers.js';

/** How many containers are removed at once. */
const AT_ONCE = 10;

/** A container or a network. */
interface Labeled {
  Id: string;
  Labels: Record<string, string | undefined> | null;
}

/** Selects leftovers of dead dev servers. */
export interface DeadRuns {
  /** Absolute path of the project folder. */
  project: string;
  /** Whether the dev server with this run id is still running. */
  isRunAlive: (runId: string) => boolean;
  /** The random id of the project's state folder. */
  stateId?: string | undefined;
}

/**
 * Removes containers and networks of a project's dead dev servers. Those of a running dev server are never touched, and
 * neither are those of another machine's dev server for a folder with the same path.
 * @returns how many containers were removed
 * @throws EngineError, JamdevError
 */
export async function removeDeadContainers(engine: Engine, dead: DeadRuns): Promise<number> {
  const limit = createLimit(AT_ONCE);
  let removed = 0;
  // Repeated until none is left: the engine may still create a container that was requested before its dev server died.
  for (;;) {
    const ids = await listDeadContainers(engine, dead);
    if (ids.length === 0) break;
    await Promise.all(ids.map((id) => limit(() => removeContainer(engine, id))));
    removed += ids.length;
  }
  const networks = await deadOf(engine, dead, '/networks');
  // A network in use can't be removed and stays.
  const ignore = ignoreError('docker', 'removing a network');
  await Promise.all(networks.map((id) => engine.request('DELETE', `/networks/${id}`).catch(ignore)));
  return removed;
}

/** Returns the ids of containers of dead dev servers. @throws EngineError, JamdevError */
export async function listDeadContainers(engine: Engine, dead: DeadRuns): Promise<string[]> {
  return deadOf(engine, dead, '/containers/json', { all: true });
}

/** Returns the ids of listed objects that belong to a project and whose run is over. */
async function deadOf(
  engine: Engine,
  { project, isRunAlive, stateId }: DeadRuns,
  path: string,
  query: Record<string, unknown> = {},
): Promise<string[]> {
  const list = (label: string) =>
    engine.request<Labeled[]>('GET', path, { query: { ...query, filters: JSON.stringify({ label: [label] }) } });
  // Found by the project's path, and by its state folder, which a renamed project keeps.
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
