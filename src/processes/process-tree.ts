import type { ProcessSnapshot, SnapshotSource } from './process-snapshot.js';
import { findProcess, type ProcessEntry } from './process-table.js';
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
  /** See {@link SnapshotSource.takeCheaply}. */
  cheap?: boolean;
}

/**
 * Finds the processes of a tree: the first process, its group, every descendant of those, and, where the system shows
 * environments (Linux), every process with the backend's id in its own, so that a daemon that left the group and lost
 * its parents is found as well. A pid alone never counts: the start has to match, as pids come round again.
 */
export async function sampleTree(
  snapshots: SnapshotSource,
  root: TreeRoot,
  { known = [], strict = false, cheap = false }: TreeSearch = {},
): Promise<TreeSample> {
  try {
    const snapshot = await (cheap ? snapshots.takeCheaply() : snapshots.take());
    const members = findMembers(snapshot, root, { known, strict });
    if (!strict && !snapshot.isComplete && members.living.length === 0 && sendSignal(-root.pid, 0) !== 'nobody') {
      throw new Error(`the process group ${root.pid} has processes that the system hides from this user`);
    }
    return { known: true, ...members };
  } catch (cause) {
    return { known: false, cause };
  }
}

/** Finds the processes of a tree in a snapshot. The work grows with the tree, not with all the processes there are. */
export function findMembers(
  snapshot: ProcessSnapshot,
  root: TreeRoot,
  { known = [], strict = false }: TreeSearch,
): TreeMembers {
  // A process older than the first one can't be of its tree; this also keeps strangers' environments unread.
  const isPossible = ({ pid, startedAt }: ProcessEntry) => startedAt >= root.startedAt && pid !== process.pid;
  const isCandidate = (entry: ProcessEntry | undefined): entry is ProcessEntry =>
    entry !== undefined && isPossible(entry) && !entry.zombie;
  const members = new Map<number, ProcessEntry>();
  const add = (entry: ProcessEntry | undefined) => {
    if (isCandidate(entry)) members.set(entry.pid, entry);
  };
  for (const { pid, startId } of known) {
    const entry = snapshot.find(pid);
    if (entry?.startId === startId) add(entry);
  }
  const leader = snapshot.find(root.pid);
  // While another process has the leader's pid, no group of that number can be the backend's.
  const isGroupOurs = isCandidate(leader) ? leader.startId === root.startId : !strict;
  if (isGroupOurs) for (const entry of [leader, ...snapshot.group(root.pid)]) add(entry);
  for (const entry of snapshot.withBackendId(root.backendId, root.startedAt)) add(entry);
  addDescendants(members, (pid) => snapshot.childrenOf(pid).filter(isCandidate));
  const ended = [...members.keys()].flatMap((pid) =>
    snapshot.childrenOf(pid).filter((entry) => entry.zombie && isPossible(entry)),
  );
  return { living: [...members.values()], ended };
}

/** Adds to some processes all that descend from them. */
export function addDescendants(
  members: Map<number, ProcessEntry>,
  childrenOf: (pid: number) => readonly ProcessEntry[],
): void {
  // Processes that are added during the iteration are visited as well.
  for (const pid of members.keys()) {
    for (const child of childrenOf(pid)) if (!members.has(child.pid)) members.set(child.pid, child);
  }
}

/** The identity of a process just started, to be found again by. */
export async function identify(backendId: string, pid: number): Promise<TreeRoot> {
  const entry = await findProcess(pid);
  return { backendId, pid, startId: entry?.startId ?? '', startedAt: entry?.startedAt ?? 0 };
}
