import { ignoreError } from '../os/debug/debug-log.js';
import type { SnapshotSource } from './process-snapshot.js';
import type { ProcessEntry } from './process-table.js';
import { identify, sampleTree, type TreeRoot, type TreeSample } from './process-tree.js';
import { sendSignal } from './signal.js';
import type { TerminableTree } from './termination.js';

/** A child process that leads its own process group, and all of its descendants. */
export class ChildTree implements TerminableTree {
  readonly leaderExit: Promise<unknown>;
  #id: string;
  readonly #pid: number;
  readonly #snapshots: SnapshotSource;
  #root: TreeRoot | undefined;
  #leaderRuns = true;
  #known: readonly ProcessEntry[] = [];

  /**
   * @param id the value of `SESSION_BACKEND_ID` or `JAMDEV_BUILD_ID` in the tree's processes
   * @param leaderExit resolves when the child has exited
   * @param snapshots shared with other trees that are sampled at the same time
   */
  constructor(id: string, pid: number, leaderExit: Promise<unknown>, snapshots: SnapshotSource) {
    this.#snapshots = snapshots;
    this.#id = id;
    this.#pid = pid;
    this.leaderExit = leaderExit.then(() => {
      this.#leaderRuns = false;
    });
    // Immediately, because the child can't have been reaped yet. If this fails, each sample tries again.
    void this.identity().catch(ignoreError('processes', 'identifying a process'));
  }

  get leader(): number | undefined {
    return this.#leaderRuns ? this.#pid : undefined;
  }

  /**
   * Returns the data that identifies the child after a crash of this program.
   * @throws if the process table can't be read
   */
  async identity(): Promise<TreeRoot> {
    this.#root ??= await identify(this.#id, this.#pid);
    return this.#root;
  }

  /** Changes the id. Processes that the child starts from now on must have the new one in their environment. */
  async rename(id: string): Promise<TreeRoot> {
    this.#id = id;
    this.#root = { ...(await this.identity()), backendId: id };
    return this.#root;
  }

  sample(): Promise<TreeSample> {
    return this.#sample(false);
  }

  /** Like {@link sample}, for callers that only sum up resource usage; see {@link SnapshotSource.takeCheaply}. */
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
