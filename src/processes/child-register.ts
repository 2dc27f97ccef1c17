import type { TreeRoot } from './process-tree.js';

/** What every part that starts processes has to do, so that they are found after a crash of this program. */
export interface ChildRegister {
  /**
   * Returns the variables for every process. Call it right before each start: what identifies the process is on disk
   * when it returns.
   * @throws JamdevError `StateFolderUnusable` when that is not possible
   */
  environment(): Record<string, string>;
  /** Notes a process that was started, in case it replaces its environment. */
  note(root: TreeRoot): void;
}
