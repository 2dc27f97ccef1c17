import { listServerRecords, ServerRecordFile } from '../records/server-records.js';
import type { StateFolder } from '../records/state-folder.js';
import { endLeftovers, type LeftoverOutcome } from '../runtime/process/leftovers.js';

/** Ends what dev servers that died in this folder left behind. */
export async function cleanUpAfterDeadServers(folder: StateFolder): Promise<LeftoverOutcome> {
  let ended = 0;
  const remaining: number[] = [];
  for (const { record, alive } of await listServerRecords(folder)) {
    if (alive) continue;
    const file = new ServerRecordFile(folder, record.runId);
    const outcome = await endLeftovers(file.processes());
    ended += outcome.ended;
    remaining.push(...outcome.remaining);
    file.remove();
  }
  return { ended, remaining };
}

/** The runs of other dev servers that live in this folder. */
export async function listForeignRuns(folder: StateFolder, ownRunId: string): Promise<Set<string>> {
  const records = await listServerRecords(folder);
  const living = records.filter(({ record, alive }) => alive && record.runId !== ownRunId);
  return new Set(living.map(({ record }) => record.runId));
}
