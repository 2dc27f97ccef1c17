import type { Engine } from '../docker-engine/engine.js';
import { endLeftovers, type LeftoverOutcome } from '../processes/leftovers.js';
import { listServerRecords, ServerRecordFile, tracesOf } from '../records/server-records.js';
import type { OwnStateFolder, StateFolder } from '../records/state-folder.js';
import { removeDeadContainers } from './docker-parts.js';

/** The result of the cleanup after dead dev servers of this folder. */
export interface CleanUp extends LeftoverOutcome {
  /** The API URLs of running dev servers of this folder. */
  others: string[];
}

/**
 * Cleans up after dead dev servers of this folder. Processes are ended first, including `docker build`, so that nothing
 * creates images or containers while they are being removed. Until this is done, no key can be acquired. A record is
 * kept until nothing of its run is left.
 * @param engine the engine of this dev server, if it uses one
 */
export async function cleanUpAfterDeadServers(folder: OwnStateFolder, engine?: Engine): Promise<CleanUp> {
  const servers = await listServerRecords(folder);
  const living = servers.filter(({ alive }) => alive).map(({ record }) => record);
  const dead = servers.filter(({ alive, foreign }) => !alive && !foreign).map(({ record }) => record);
  const notDead = servers.filter(({ alive, foreign }) => alive || foreign).map(({ record }) => record);
  const outcome = await endLeftovers(tracesOf(folder, dead));
  const needsDocker = engine !== undefined || dead.some(({ containers }) => containers);
  const areContainersGone = !needsDocker || (await removeDeadContainers(folder.project, notDead, engine));
  if (outcome.remaining.length === 0) {
    for (const { runId, containers } of dead) {
      if (areContainersGone || !containers) new ServerRecordFile(folder, runId).remove();
    }
  }
  return { ...outcome, others: living.map(({ apiUrl }) => apiUrl) };
}

/** Returns the runs of other running dev servers of this folder. */
export async function listForeignRuns(folder: StateFolder, ownRunId: string): Promise<Set<string>> {
  const records = await listServerRecords(folder);
  const living = records.filter(({ record, alive, foreign }) => (alive || foreign) && record.runId !== ownRunId);
  return new Set(living.map(({ record }) => record.runId));
}
