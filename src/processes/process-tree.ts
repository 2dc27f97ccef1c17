import type { ProcessSnapshot, SnapshotSource } from './process-snapshot.js';
import { findProcess, type ProcessEntry } from './process-table.js';
import { sendSignal } from './signal.js';

/** Identifies the processes of one backend. */
export interface TreeRoot {
  backendId: string;
  /** The backend's first process, which leads its own session and process group. */
  pid: number;
  startId: string;
  startedAt: number;
}

/** The processes of a tree at one moment. */
export interface TreeMembers {
  living: readonly ProcessEntry[];
  /** Their exited children that were not reaped yet. Their usage is not counted anywhere else so far. */
  ended: readonly ProcessEntry[];
}

/** The result of sampling a tree. An unreadable process table does not mean that no process is alive. */
export type TreeSample = ({ known: true } & TreeMembers) | { known: false; cause: unknown };

/** Options for finding a tree. */
export interface TreeSearch {
  /** Processes found earlier. While alive, they belong to the tree wherever they moved. */
  known?: readonly ProcessEntry[];
  /**
   * Set if the first process may have exited long ago, even before a reboot. A process group then only counts as the tree's
   * while its leader is alive.
   */
  strict?: boolean;
  /** See {@link SnapshotSource.takeCheaply}. */
  cheap?: boolean;
}

/**
 * Finds the processes of a tree: the first process, its group, all descendants, and, if the system shows environments
 * (Linux), every process with the backend's id in its environment. The latter finds daemons that left the group and lost
 * their parents. Since pids are reused, a pid alone never counts; the start id must match.
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

/**
 * Finds the processes of a tree in a snapshot. The cost depends on the size of the tree, not on the number of all processes.
 */
export function findMembers(
  snapshot: ProcessSnapshot,
  root: TreeRoot,
  { known = [], strict = false }: TreeSearch,
): TreeMembers {
  // A process older than the first one can't be part of its tree. This also avoids reading the environments of unrelated
  // processes.
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
  // While another process has the leader's pid, a group with that number can't be the backend's.
  const isGroupOurs = isCandidate(leader) ? leader.startId === root.startId : !strict;
  if (isGroupOurs) for (const entry of [leader, ...snapshot.group(root.pid)]) add(entry);
  for (const entry of snapshot.withBackendId(root.backendId, root.startedAt)) add(entry);
  addDescendants(members, (pid) => snapshot.childrenOf(pid).filter(isCandidate));
  const ended = [...members.keys()].flatMap((pid) =>
    snapshot.childrenOf(pid).filter((entry) => entry.zombie && isPossible(entry)),
  );
  return { living: [...members.values()], ended };
}

/** Adds all descendants of the given processes. */
export function addDescendants(
  members: Map<number, ProcessEntry>,
  childrenOf: (pid: number) => readonly ProcessEntry[],
): void {
  // Processes added during the iteration are visited as well.
  for (const pid of members.keys()) {
    for (const child of childrenOf(pid)) if (!members.has(child.pid)) members.set(child.pid, child);
  }
}

/** Returns the identity of a process that was just started, to find it again. */
export async function identify(backendId: string, pid: number): Promise<TreeRoot> {
  const entry = await findProcess(pid);
  return { backendId, pid, startId: entry?.startId ?? '', startedAt: entry?.startedAt ?? 0 };
}
