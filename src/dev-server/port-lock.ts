import { pause } from '../os/clock.js';
import { takeLock } from '../records/lock.js';
import { portsLockOf } from '../records/project-lock.js';
import type { StateFolder } from '../records/state-folder.js';

/** Opening ports takes milliseconds; a process that was suspended in the middle must not keep all others from starting. */
const PATIENCE_MS = 5_000;
const LOOK_PAUSE_MS = 20;

/**
 * Does something while no other dev server of this user tries ports: trying one takes it for a moment.
 * @throws the system's error when the state folder can't be written
 */
export async function withPortLock<T>(folder: StateFolder, action: () => Promise<T>): Promise<T> {
  let startedAt: number | undefined;
  for (;;) {
    const { lock } = await takeLock(portsLockOf({ folder }));
    // Not before: Node.js 26 loads a module at the first use of its clock, and the lock is nearly always free.
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
