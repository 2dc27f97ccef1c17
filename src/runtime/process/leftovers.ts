import { FoundTree } from '../../processes/found-tree.js';
import { Termination } from '../../processes/termination.js';
import type { ProcessRecord } from '../../records/server-records.js';

/** How long each leftover has to save its work after SIGTERM. */
const GRACE_MS = 3_000;
/** How long SIGKILL may take to have its effect. */
const KILL_MS = 2_000;

/** What became of leftovers. */
export interface LeftoverOutcome {
  /** How many processes were ended. */
  ended: number;
  /** Pids of those that even SIGKILL did not end, as another user's. */
  remaining: number[];
}

/**
 * Ends the processes that backends and builds of a dead dev server left behind: SIGTERM, then SIGKILL.
 * @throws JamdevError `ProcessTableUnreadable` when it can't be known what lives
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
  const tree = new FoundTree(record);
  const termination = new Termination(tree, { stuckMs: KILL_MS, givesUp: true });
  termination.ask(GRACE_MS);
  const stuck = await termination.over;
  if (stuck === undefined) return { ended: tree.found.size, remaining: [] };
  if (stuck.cause !== undefined) throw stuck.cause;
  const remaining = stuck.living.map(({ pid }) => pid);
  return { ended: tree.found.size - remaining.length, remaining };
}
