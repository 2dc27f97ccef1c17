import type { RunTraces } from './run-tree.js';
import { RunTree } from './run-tree.js';
import { Termination } from './termination.js';

/** How long a leftover process gets to save its work after SIGTERM. */
const GRACE_MS = 3_000;
/** How long SIGKILL may take. */
const KILL_MS = 2_000;

/** The outcome of ending leftovers. */
export interface LeftoverOutcome {
  /** How many processes were ended. */
  ended: number;
  /** Pids of processes that even SIGKILL did not end, such as another user's. */
  remaining: number[];
}

/**
 * Ends the processes that dead dev servers left behind: SIGTERM, then SIGKILL, until the process table shows none.
 * @throws JamdevError `ProcessTableUnreadable` if it can't be determined which processes are alive
 */
export async function endLeftovers(traces: RunTraces): Promise<LeftoverOutcome> {
  // The usual case: reading the environments of all processes would take most of the time of a start.
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
