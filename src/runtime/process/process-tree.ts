import { environmentOf, findProcess, listProcesses, type ProcessEntry } from '../../os/process-table.js';

/** What identifies the processes of one backend. */
export interface TreeRoot {
  backendId: string;
  /** The backend's first process, which leads a session and a process group of its own. */
  pid: number;
  startId: string;
  startedAt: number;
}

/**
 * Finds the living processes of a backend: the first process, its group, every descendant of those, and, where the
 * system shows environments (Linux), whoever carries the backend's id in its own, so that a daemon that left the group
 * and lost its parents is found as well. A pid alone never counts: the start has to match, as pids come round again.
 * @param known processes found by an earlier look; those that still live are of the tree wherever they went
 * @param strict the first process may be long gone, even from before a restart of the machine: then a group is only
 *   taken for the backend's while its leader lives
 */
export async function findTree(
  root: TreeRoot,
  known: readonly ProcessEntry[] = [],
  strict = false,
): Promise<ProcessEntry[]> {
  // A process older than the first one can't be of its tree; this also keeps strangers' environments unread.
  const candidates = (await snapshot()).filter(
    (entry) => entry.startedAt >= root.startedAt && !entry.zombie && entry.pid !== process.pid,
  );
  const members = new Map<number, ProcessEntry>();
  for (const { pid, startId } of known) {
    const entry = candidates.find((each) => each.pid === pid && each.startId === startId);
    if (entry !== undefined) members.set(pid, entry);
  }
  const leader = candidates.find((entry) => entry.pid === root.pid);
  // While another process has the leader's pid, no group of that number can be the backend's.
  const groupIsOurs = leader === undefined ? !strict : leader.startId === root.startId;
  for (const entry of candidates) {
    if (groupIsOurs && (entry.pid === root.pid || entry.pgid === root.pid)) members.set(entry.pid, entry);
    else if (carriesId(entry.pid, root.backendId)) members.set(entry.pid, entry);
  }
  for (let grown = true; grown; ) {
    grown = false;
    for (const entry of candidates) {
      if (members.has(entry.pid) || !members.has(entry.ppid)) continue;
      members.set(entry.pid, entry);
      grown = true;
    }
  }
  return [...members.values()];
}

function carriesId(pid: number, backendId: string): boolean {
  return environmentOf(pid)?.includes(`SESSION_BACKEND_ID=${backendId}`) ?? false;
}

let pending: Promise<ProcessEntry[]> | undefined;

/** A list of processes taken after this call; callers of the same moment share one. */
function snapshot(): Promise<ProcessEntry[]> {
  pending ??= new Promise((resolve, reject) => {
    setImmediate(() => {
      pending = undefined;
      listProcesses().then(resolve, reject);
    });
  });
  return pending;
}

/** Sends a signal to one process, or with a negative pid to a group. @returns whether there was one */
export function signalOne(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** The identity of a process just started, to be found again by. */
export async function identify(backendId: string, pid: number): Promise<TreeRoot> {
  const entry = await findProcess(pid);
  return { backendId, pid, startId: entry?.startId ?? '', startedAt: entry?.startedAt ?? 0 };
}
