import { environmentOf, findProcess, listProcesses, type ProcessEntry } from './process-table.js';

/** What identifies the processes of one backend. */
export interface TreeRoot {
  backendId: string;
  /** The backend's first process, which leads a session and a process group of its own. */
  pid: number;
  startId: string;
  startedAt: number;
}

/** The processes of one backend at one moment. */
export interface TreeLook {
  living: ProcessEntry[];
  /** Children of theirs that have ended and were not waited for yet: what they used is nowhere else counted so far. */
  ended: ProcessEntry[];
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
  return (await lookAtTree(root, known, strict)).living;
}

/** The same as {@link findTree}, with those that have just ended. */
export async function lookAtTree(
  root: TreeRoot,
  known: readonly ProcessEntry[] = [],
  strict = false,
): Promise<TreeLook> {
  const { entries, backendIdsOf } = await snapshot();
  // A process older than the first one can't be of its tree; this also keeps strangers' environments unread.
  const possible = entries.filter((entry) => entry.startedAt >= root.startedAt && entry.pid !== process.pid);
  const candidates = possible.filter((entry) => !entry.zombie);
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
    else if (backendIdsOf(entry.pid).includes(root.backendId)) members.set(entry.pid, entry);
  }
  for (let grown = true; grown; ) {
    grown = false;
    for (const entry of candidates) {
      if (members.has(entry.pid) || !members.has(entry.ppid)) continue;
      members.set(entry.pid, entry);
      grown = true;
    }
  }
  const ended = possible.filter((entry) => entry.zombie && members.has(entry.ppid));
  return { living: [...members.values()], ended };
}

/** A list of processes, and what of their environments was looked up so far: the same for all who share it. */
interface Snapshot {
  entries: ProcessEntry[];
  /** The ids of backends in the environment of a process; none where that is not shown. */
  backendIdsOf: (pid: number) => readonly string[];
}

let pending: Promise<Snapshot> | undefined;

/** A list of processes taken after this call; callers of the same moment share one. */
function snapshot(): Promise<Snapshot> {
  pending ??= new Promise((resolve, reject) => {
    setImmediate(() => {
      pending = undefined;
      listProcesses().then((entries) => resolve({ entries, backendIdsOf: rememberBackendIds() }), reject);
    });
  });
  return pending;
}

const ID_VARIABLE = 'SESSION_BACKEND_ID=';

function rememberBackendIds(): Snapshot['backendIdsOf'] {
  const seen = new Map<number, readonly string[]>();
  return (pid) => {
    let ids = seen.get(pid);
    if (ids === undefined) {
      const variables = environmentOf(pid)?.filter((variable) => variable.startsWith(ID_VARIABLE)) ?? [];
      ids = variables.map((variable) => variable.slice(ID_VARIABLE.length));
      seen.set(pid, ids);
    }
    return ids;
  };
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
