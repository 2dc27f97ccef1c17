import { pause } from '../../os/clock.js';
import { findTree, signalOne } from '../../processes/process-tree.js';
import type { ProcessRecord } from '../../records/server-records.js';

/** How long leftovers have to save their work after SIGTERM. */
const GRACE_MS = 3_000;
/** How long SIGKILL may take to have its effect. */
const KILL_MS = 2_000;
const LOOK_PAUSE_MS = 20;

/** What became of leftovers. */
export interface LeftoverOutcome {
  /** How many processes were ended. */
  ended: number;
  /** Pids of those that even SIGKILL did not end, as another user's. */
  remaining: number[];
}

/**
 * Ends the processes that backends and builds of a dead dev server left behind: SIGTERM, then SIGKILL.
 * @param records what that dev server had noted; a process that merely has a noted pid is not touched
 */
export async function endLeftovers(records: readonly ProcessRecord[]): Promise<LeftoverOutcome> {
  const outcomes = await Promise.all(records.map(endTree));
  return {
    ended: outcomes.reduce((sum, { ended }) => sum + ended, 0),
    remaining: outcomes.flatMap(({ remaining }) => remaining),
  };
}

async function endTree(record: ProcessRecord): Promise<LeftoverOutcome> {
  const startedAt = performance.now();
  let members = await findTree(record, [], true);
  const found = members.length;
  for (const { pid } of members) signalOne(pid, 'SIGTERM');
  while (members.length > 0 && performance.now() - startedAt < GRACE_MS + KILL_MS) {
    await pause(LOOK_PAUSE_MS);
    members = await findTree(record, members, true);
    if (performance.now() - startedAt > GRACE_MS) for (const { pid } of members) signalOne(pid, 'SIGKILL');
  }
  return { ended: found - members.length, remaining: members.map(({ pid }) => pid) };
}
