import { pause } from '../os/clock.js';
import { takeLock } from '../records/lock.js';
import { portsLockOf } from '../records/project-lock.js';
import type { StateFolder } from '../records/state-folder.js';

/** Opening ports takes milliseconds. A process suspended in the middle must not block all other starts for longer. */
const PATIENCE_MS = 5_000;
const LOOK_PAUSE_MS = 20;

/**
 * Runs work while no other dev server of this user tries ports: trying a port takes it for a moment.
 * @throws the system's error when the state folder can't be written
 */
export async function withPortLock<T>(folder: StateFolder, action: () => Promise<T>): Promise<T> {
  let startedAt: number | undefined;
  for (;;) {
    const { lock } = await takeLock(portsLockOf({ folder }));
    // Only now: Node.js 26 loads a module at the first use of its clock, and the lock is nearly always free.
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
