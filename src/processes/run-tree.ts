import { listMarkedProcesses } from './environments.js';
import type { ProcessEntry } from './process-table.js';
import { addDescendants, type TreeRoot, type TreeSample } from './process-tree.js';
import type { TerminableTree } from './termination.js';

/** Identifies the processes of dead dev servers. */
export interface RunTraces {
  /** The runs' markers. Every process that a run started has its marker in the environment. */
  markers: ReadonlySet<string>;
  /** Recorded first processes, which may have replaced their environment since. */
  roots: readonly TreeRoot[];
}

/**
 * All processes that dead dev servers left running: those with one of their markers in the environment, recorded ones with
 * their process groups, and all descendants, wherever they moved.
 *
 * This program, its ancestors and their other descendants are spared, even if they match. An example is a shell started by
 * `jamdev exec` in which someone now starts `jamdev dev`.
 */
export class RunTree implements TerminableTree {
  readonly leader = undefined;
  readonly leaderExit = undefined;
  /** Pids of all processes found so far. */
  readonly found = new Set<number>();
  readonly #traces: RunTraces;
  #known: readonly ProcessEntry[] = [];

  constructor(traces: RunTraces) {
    this.#traces = traces;
  }

  /**
   * Samples the tree. An empty result is checked a second time, since a process may have changed parents during the first
   * pass.
   */
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

  /** Does nothing: without the process table, it is unknown who owns a group. */
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
    // A pid alone is not enough: both the process and the group may have been replaced since.
    return this.#traces.roots.some(
      (root) =>
        (pid === root.pid || pgid === root.pid) &&
        all.some((leader) => leader.pid === root.pid && leader.startId === root.startId),
    );
  }
}

/** Returns this process, its ancestors, and all descendants of the topmost ancestor that is a member. */
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
