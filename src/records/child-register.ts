import type { ProcessRecord } from './server-records.js';

/** What every part that starts processes does for them to be found after a crash of this program. */
export interface ChildRegister {
  /**
   * Gives the variables that every process gets. Call it right before each start: what leads to the process is on disk
   * when it returns.
   * @throws JamdevError `StateFolderUnusable` when that is not possible
   */
  environment(): Record<string, string>;
  /** Notes a process that was started, in case it replaces its environment. */
  note(record: ProcessRecord): void;
}
