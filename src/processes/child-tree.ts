import { ignoreError } from '../os/debug/debug-log.js';
import type { SnapshotSource } from './process-snapshot.js';
import type { ProcessEntry } from './process-table.js';
import { identify, sampleTree, type TreeRoot, type TreeSample } from './process-tree.js';
import { sendSignal } from './signal.js';
import type { TerminableTree } from './termination.js';

/** The processes of a child of this program that leads a group of its own, and of all that it starts. */
export class ChildTree implements TerminableTree {
  readonly leaderExit: Promise<unknown>;
  #id: string;
  readonly #pid: number;
  readonly #snapshots: SnapshotSource;
  #root: TreeRoot | undefined;
  #leaderRuns = true;
  #known: readonly ProcessEntry[] = [];

  /**
   * @param id what processes of the tree have in `SESSION_BACKEND_ID`, or in `JAMDEV_BUILD_ID`
   * @param leaderExit resolves when the child has ended
   * @param snapshots shared with other trees that are looked for at the same moments
   */
  constructor(id: string, pid: number, leaderExit: Promise<unknown>, snapshots: SnapshotSource) {
    this.#snapshots = snapshots;
    this.#id = id;
    this.#pid = pid;
    this.leaderExit = leaderExit.then(() => {
      this.#leaderRuns = false;
    });
    // At once: the child can't have been waited for yet. If it fails, each sample tries again.
    void this.identity().catch(ignoreError('processes', 'identifying a process'));
  }

  get leader(): number | undefined {
    return this.#leaderRuns ? this.#pid : undefined;
  }

  /**
   * Returns what identifies the child after a crash of this program.
   * @throws when the process table can't be read
   */
  async identity(): Promise<TreeRoot> {
    this.#root ??= await identify(this.#id, this.#pid);
    return this.#root;
  }

  /** Gives it another id, which the processes that it starts from now on have in their environment. */
  async rename(id: string): Promise<TreeRoot> {
    this.#id = id;
    this.#root = { ...(await this.identity()), backendId: id };
    return this.#root;
  }

  sample(): Promise<TreeSample> {
    return this.#sample(false);
  }

  /** The same for those who only add up what it uses; see {@link SnapshotSource.takeCheaply}. */
  sampleCheaply(): Promise<TreeSample> {
    return this.#sample(true);
  }

  async #sample(cheap: boolean): Promise<TreeSample> {
    let root: TreeRoot;
    try {
      root = await this.identity();
    } catch (cause) {
      return { known: false, cause };
    }
    const sample = await sampleTree(this.#snapshots, root, { known: this.#known, cheap });
    if (sample.known) this.#known = sample.living;
    return sample;
  }

  killGroup(): void {
    sendSignal(-this.#pid, 'SIGKILL');
  }
}
