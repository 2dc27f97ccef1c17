import { groupBy } from './process-snapshot.js';
import { environmentOf, listProcesses, type ProcessEntry } from './process-table.js';
import { addDescendants, type TreeSample } from './process-tree.js';
import type { TerminableTree } from './termination.js';

/**
 * A command that runs in this program's own process group, with its descendants in that group. Processes that leave the
 * group, as daemons do, are not part of the tree.
 */
export class CommandTree implements TerminableTree {
  readonly leaderExit: Promise<unknown>;
  readonly #pid: number;
  readonly #mark: string;
  #leaderRuns = true;
  #known: readonly ProcessEntry[] = [];

  /**
   * @param pid the pid of the command's first process
   * @param mark a `NAME=value` that only appears in the environments of the command and its descendants
   * @param leaderExit resolves when the first process has exited
   */
  constructor(pid: number, mark: string, leaderExit: Promise<unknown>) {
    this.#pid = pid;
    this.#mark = mark;
    this.leaderExit = leaderExit.then(() => {
      this.#leaderRuns = false;
    });
  }

  get leader(): number | undefined {
    return this.#leaderRuns ? this.#pid : undefined;
  }

  /**
   * Samples the tree. Call it while the command runs: after its exit, only Linux can identify its processes, by their
   * environments.
   */
  async sample(): Promise<TreeSample> {
    let all: ProcessEntry[];
    try {
      all = await listProcesses();
    } catch (cause) {
      return { known: false, cause };
    }
    const group = all.find(({ pid }) => pid === process.pid)?.pgid;
    const candidates = all.filter((entry) => entry.pgid === group && entry.pid !== process.pid && !entry.zombie);
    const members = new Map<number, ProcessEntry>();
    for (const entry of candidates) if (this.#isMember(entry)) members.set(entry.pid, entry);
    const children = groupBy(candidates, ({ ppid }) => ppid);
    addDescendants(members, (pid) => children.get(pid) ?? []);
    this.#known = [...members.values()];
    return { known: true, living: this.#known, ended: [] };
  }

  /** Does nothing, since the group is this program's own. */
  killGroup(): void {}

  #isMember({ pid, startId }: ProcessEntry): boolean {
    if (pid === this.leader) return true;
    if (this.#known.some((known) => known.pid === pid && known.startId === startId)) return true;
    return environmentOf(pid)?.includes(this.#mark) === true;
  }
}
