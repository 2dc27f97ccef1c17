import { pause } from '../../os/clock.js';
import type { ProcessRecord } from '../../records/server-records.js';
import { findTree, signalOne } from './process-tree.js';

/** How long leftovers have to save their work after SIGTERM. */
const GRACE_MS = 3_000;
const LOOK_PAUSE_MS = 20;

/**
 * Ends the processes that backends of a dead dev server left behind: SIGTERM, then SIGKILL.
 * @param records what that dev server had noted; a process that merely has a noted pid is not touched
 * @returns how many processes were ended
 */
export async function endLeftovers(records: readonly ProcessRecord[]): Promise<number> {
  const counts = await Promise.all(records.map(endTree));
  return counts.reduce((sum, count) => sum + count, 0);
}

async function endTree(record: ProcessRecord): Promise<number> {
  const startedAt = performance.now();
  let members = await findTree(record, [], true);
  const count = members.length;
  for (const { pid } of members) signalOne(pid, 'SIGTERM');
  while (members.length > 0) {
    await pause(LOOK_PAUSE_MS);
    members = await findTree(record, members, true);
    if (performance.now() - startedAt > GRACE_MS) {
      for (const { pid } of members) signalOne(pid, 'SIGKILL');
    }
  }
  return count;
}
