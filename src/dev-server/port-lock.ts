import { pause } from '../os/clock.js';
import { takeLock } from '../records/lock.js';
import { portsLockOf } from '../records/project-lock.js';
import type { StateFolder } from '../records/state-folder.js';

/**
 * Opening ports takes milliseconds. A process that is suspended in the middle must not block other starts for longer
 * than this.
 */
const PATIENCE_MS = 5_000;
const LOOK_PAUSE_MS = 20;

/**
 * Runs an action while no other dev server of this user tries ports, since trying a port takes it for a moment.
 * @throws the system's error if the state folder can't be written
 */
export async function withPortLock<T>(folder: StateFolder, action: () => Promise<T>): Promise<T> {
  let startedAt: number | undefined;
  for (;;) {
    const { lock } = await takeLock(portsLockOf({ folder }));
    // Read only if needed: Node.js 26 loads a module on first use of its clock, and the lock is nearly always free.
    if (lock === undefined) startedAt ??= performance.now();
    if (startedAt !== undefined && lock === undefined && performance.now() - startedAt < PATIENCE_MS) {
      await pause(LOOK_PAUSE_MS);
      continue;
    }
    try {
      return await action();
    } finally {
      lock?.release();
    }
  }
}
