import type { RunTraces } from './run-tree.js';
import { RunTree } from './run-tree.js';
import { Termination } from './termination.js';

/** How long each leftover has to save its work after SIGTERM. */
const GRACE_MS = 3_000;
/** How long SIGKILL may take. */
const KILL_MS = 2_000;

/** What became of leftovers. */
export interface LeftoverOutcome {
  /** How many processes were ended. */
  ended: number;
  /** Pids of those that even SIGKILL did not end, as another user's. */
  remaining: number[];
}

/**
 * Ends the processes that dev servers that died left behind: SIGTERM, then SIGKILL, until a look at the process table
 * shows none.
 * @throws JamdevError `ProcessTableUnreadable` when it can't be known what lives
 */
export async function endLeftovers(traces: RunTraces): Promise<LeftoverOutcome> {
  // Most starts: reading the environments of all processes would be the longest part of one.
  if (traces.markers.size === 0 && traces.roots.length === 0) return { ended: 0, remaining: [] };
  const tree = new RunTree(traces);
  const termination = new Termination(tree, { stuckMs: KILL_MS, givesUp: true });
  termination.ask(GRACE_MS);
  const stuck = await termination.over;
  if (stuck === undefined) return { ended: tree.found.size, remaining: [] };
  if (stuck.cause !== undefined) throw stuck.cause;
  const remaining = stuck.living.map(({ pid }) => pid);
  return { ended: tree.found.size - remaining.length, remaining };
}
