import type { ProcessEntry } from './process-table.js';
import { sampleTree, type TreeRoot, type TreeSample } from './process-tree.js';
import type { TerminableTree } from './termination.js';

/** A tree that another program started and left behind, known by the record of its first process. */
export class FoundTree implements TerminableTree {
  readonly leader = undefined;
  readonly leaderExit = undefined;
  /** Pids of all its processes seen so far. */
  readonly found = new Set<number>();
  readonly #root: TreeRoot;
  #known: readonly ProcessEntry[] = [];

  constructor(root: TreeRoot) {
    this.#root = root;
  }

  async sample(): Promise<TreeSample> {
    const sample = await sampleTree(this.#root, { known: this.#known, strict: true });
    if (!sample.known) return sample;
    this.#known = sample.living;
    for (const { pid } of sample.living) this.found.add(pid);
    return sample;
  }

  /** Without the process table nothing shows that the group is still the one on record. */
  killGroup(): void {}
}
