import { dirname, join } from 'node:path';
import type { FoundState } from './state-folder.js';

/** The folder and the name of a lock. */
export interface LockPlace {
  folder: string;
  name: string;
}

/** Returns the lock of `jamdev dev`, which allows one at a time per project. */
export function devLockOf(state: FoundState): LockPlace {
  return { folder: locksFolder(state), name: `dev ${state.note.id}` };
}

/**
 * Returns the lock for choosing ports. Without it, two dev servers that try the same ports at once would each find them
 * taken.
 */
export function portsLockOf(state: Pick<FoundState, 'folder'>): LockPlace {
  return { folder: locksFolder(state), name: 'ports' };
}

/** Returns the lock for the /plane-data folder of a service's key. */
export function mountLockOf(state: FoundState, service: string, key: string): LockPlace {
  return { folder: locksFolder(state), name: `mount ${state.note.id} ${JSON.stringify([service, key])}` };
}

/**
 * Returns the folder for the locks of all projects. It is near the root of the state home because the path of a socket must
 * be short.
 */
function locksFolder({ folder }: Pick<FoundState, 'folder'>): string {
  return join(dirname(dirname(folder.root)), 'locks');
}
