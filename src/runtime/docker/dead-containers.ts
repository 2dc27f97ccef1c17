import type { Engine } from '../../docker-engine/engine.js';
import { ignoreError } from '../../os/debug/debug-log.js';
import { createLimit } from '../../os/limit.js';
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
 * Removes containers and networks that dev servers of a project left that died. Those of one that lives are never
 * touched, nor those of another machine's dev server for a folder with the same path.
 * @returns how many containers were removed
 * @throws EngineError, JamdevError
 */
export async function removeDeadContainers(engine: Engine, dead: DeadRuns): Promise<number> {
  const limit = createLimit(AT_ONCE);
  let removed = 0;
  // Until none is left: the engine may still make one that it was asked for before its dev server died.
  for (;;) {
    const ids = await listDeadContainers(engine, dead);
    if (ids.length === 0) break;
    await Promise.all(ids.map((id) => limit(() => removeContainer(engine, id))));
    removed += ids.length;
  }
  const networks = await deadOf(engine, dead, '/networks');
  // One that is in use stays.
  const ignore = ignoreError('docker', 'removing a network');
  await Promise.all(networks.map((id) => engine.request('DELETE', `/networks/${id}`).catch(ignore)));
  return removed;
}

/** Returns the ids of containers of dead dev servers. @throws EngineError, JamdevError */
export async function listDeadContainers(engine: Engine, dead: DeadRuns): Promise<string[]> {
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
