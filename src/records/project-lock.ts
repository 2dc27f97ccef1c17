import { dirname, join } from 'node:path';
import type { FoundState } from './state-folder.js';

/** Where a lock is, and what it is called. */
export interface LockPlace {
  folder: string;
  name: string;
}

/** The lock of `jamdev dev`: one at a time for a project. */
export function devLockOf(state: FoundState): LockPlace {
  return { folder: locksFolder(state), name: `dev ${state.note.id}` };
}

/** The lock of choosing ports: two dev servers that try the same ports at once would each find them taken. */
export function portsLockOf(state: Pick<FoundState, 'folder'>): LockPlace {
  return { folder: locksFolder(state), name: 'ports' };
}

/** The lock of the /plane-data folder of a key of a service. */
export function mountLockOf(state: FoundState, service: string, key: string): LockPlace {
  return { folder: locksFolder(state), name: `mount ${state.note.id} ${JSON.stringify([service, key])}` };
}

/** Locks of all projects lie in one folder of the state home: the path of a socket has to be short. */
function locksFolder({ folder }: Pick<FoundState, 'folder'>): string {
  return join(dirname(dirname(folder.root)), 'locks');
}
