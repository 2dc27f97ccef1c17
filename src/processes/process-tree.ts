import { environmentOf, findProcess, listProcesses, type ProcessEntry } from './process-table.js';
import { sendSignal } from './signal.js';

/** What identifies the processes of one backend. */
export interface TreeRoot {
  backendId: string;
  /** The backend's first process, which leads a session and a process group of its own. */
  pid: number;
  startId: string;
  startedAt: number;
}

/** The processes of a tree at one moment. */
export interface TreeMembers {
  living: readonly ProcessEntry[];
  /** Children of theirs that have ended and were not waited for yet: what they used is nowhere else counted so far. */
  ended: readonly ProcessEntry[];
}

/** What is known of a tree at one moment. A process table that can't be read does not mean that nothing lives. */
export type TreeSample = ({ known: true } & TreeMembers) | { known: false; cause: unknown };

/** How a tree is looked for. */
export interface TreeSearch {
  /** Processes found earlier; those that still live are of the tree wherever they went. */
  known?: readonly ProcessEntry[];
  /**
   * The first process may be long gone, even from before a restart of the machine: then a group is only taken for the
   * tree's while its leader lives.
   */
  strict?: boolean;
}

/**
 * Finds the processes of a tree: the first process, its group, every descendant of those, and, where the system shows
 * environments (Linux), every process with the backend's id in its own, so that a daemon that left the group and lost
 * its parents is found as well. A pid alone never counts: the start has to match, as pids come round again.
 */
export async function sampleTree(root: TreeRoot, { known = [], strict = false }: TreeSearch = {}): Promise<TreeSample> {
  try {
    const { entries, backendIdsOf } = await snapshot();
    if (!strict && hasHiddenGroup(root.pid, entries)) {
      throw new Error(`the process group ${root.pid} has processes that are not shown to this user`);
    }
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
    addDescendants(members, candidates);
    const ended = possible.filter((entry) => entry.zombie && members.has(entry.ppid));
    return { known: true, living: [...members.values()], ended };
  } catch (cause) {
    return { known: false, cause };
  }
}

/** Adds to some processes all that descend from them. */
export function addDescendants(members: Map<number, ProcessEntry>, candidates: readonly ProcessEntry[]): void {
  for (let hasGrown = true; hasGrown; ) {
    hasGrown = false;
    for (const entry of candidates) {
      if (members.has(entry.pid) || !members.has(entry.ppid)) continue;
      members.set(entry.pid, entry);
      hasGrown = true;
    }
  }
}

/** Systems can hide other users' processes (`hidepid`): then a group may have members that the table does not show. */
function hasHiddenGroup(pgid: number, entries: readonly ProcessEntry[]): boolean {
  return !entries.some((entry) => entry.pgid === pgid) && sendSignal(-pgid, 0) === 'refused';
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

/** The identity of a process just started, to be found again by. */
export async function identify(backendId: string, pid: number): Promise<TreeRoot> {
  const entry = await findProcess(pid);
  return { backendId, pid, startId: entry?.startId ?? '', startedAt: entry?.startedAt ?? 0 };
}
