import type { TreeRoot } from './process-tree.js';

/**
 * Registers started processes, so that they are found after a crash of this program. Every part that starts processes uses
 * it.
 */
export interface ChildRegister {
  /**
   * Returns the variables to set for a process. Call it right before each start: the data that identifies the process is on
   * disk when this returns.
   * @throws JamdevError `StateFolderUnusable` if that fails
   */
  environment(): Record<string, string>;
  /** Records a started process, in case it replaces its environment. */
  note(root: TreeRoot): void;
}
