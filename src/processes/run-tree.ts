import { listMarkedProcesses } from './environments.js';
import type { ProcessEntry } from './process-table.js';
import { addDescendants, type TreeRoot, type TreeSample } from './process-tree.js';
import type { TerminableTree } from './termination.js';

/** By what the processes of dev servers that died are found. */
export interface RunTraces {
  /** The markers of the runs, one of which is in the environment of every process that they started. */
  markers: ReadonlySet<string>;
  /** First processes that were noted: they may have replaced their environment since. */
  roots: readonly TreeRoot[];
}

/**
 * All that dev servers that died left running: every process that has one of their markers in its environment, every one
 * that was noted, with its group, and all descendants of those, wherever they went.
 *
 * This program and those that it runs under are spared, with what else they started, even if they are such processes: a
 * shell that `jamdev exec` started, and in which somebody now starts `jamdev dev`.
 */
export class RunTree implements TerminableTree {
  readonly leader = undefined;
  readonly leaderExit = undefined;
  /** Pids of all processes seen so far. */
  readonly found = new Set<number>();
  readonly #traces: RunTraces;
  #known: readonly ProcessEntry[] = [];

  constructor(traces: RunTraces) {
    this.#traces = traces;
  }

  /** Nothing counts as nothing only at a second look: a process may have changed hands during the first. */
  async sample(): Promise<TreeSample> {
    try {
      const first = await this.#look();
      const living = first.length > 0 ? first : await this.#look();
      this.#known = living;
      for (const { pid } of living) this.found.add(pid);
      return { known: true, living, ended: [] };
    } catch (cause) {
      return { known: false, cause };
    }
  }

  /** Without the process table nothing shows whose a group is. */
  killGroup(): void {}

  async #look(): Promise<readonly ProcessEntry[]> {
    const { entries, markers } = await listMarkedProcesses();
    const all = entries.filter(({ zombie }) => !zombie);
    const members = new Map<number, ProcessEntry>();
    for (const entry of all) if (this.#isMember(entry, all, markers)) members.set(entry.pid, entry);
    addDescendants(members, (pid) => all.filter(({ ppid }) => ppid === pid));
    for (const pid of sparedOf(members, all)) members.delete(pid);
    return [...members.values()];
  }

  #isMember(
    entry: ProcessEntry,
    all: readonly ProcessEntry[],
    markers: ReadonlyMap<number, readonly string[]>,
  ): boolean {
    const { pid, pgid, startId } = entry;
    if (markers.get(pid)?.some((marker) => this.#traces.markers.has(marker))) return true;
    if (this.#known.some((known) => known.pid === pid && known.startId === startId)) return true;
    // A number alone says nothing: it may be another process's by now, and the group another's.
    return this.#traces.roots.some(
      (root) =>
        (pid === root.pid || pgid === root.pid) &&
        all.some((leader) => leader.pid === root.pid && leader.startId === root.startId),
    );
  }
}

/** This process, its ancestors, and all that descends from the topmost of them that is a member. */
function sparedOf(members: ReadonlyMap<number, ProcessEntry>, all: readonly ProcessEntry[]): Iterable<number> {
  const byPid = new Map(all.map((entry) => [entry.pid, entry]));
  const line: ProcessEntry[] = [];
  for (let entry = byPid.get(process.pid); entry !== undefined; entry = byPid.get(entry.ppid)) {
    if (line.includes(entry)) break;
    line.push(entry);
  }
  const top = line.findLast(({ pid }) => members.has(pid));
  const spared = new Map(line.map((entry) => [entry.pid, entry]));
  if (top !== undefined) {
    const below = new Map([[top.pid, top]]);
    addDescendants(below, (pid) => all.filter(({ ppid }) => ppid === pid));
    for (const [pid, entry] of below) spared.set(pid, entry);
  }
  return spared.keys();
}
