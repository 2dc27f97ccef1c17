import { realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pause } from '../os/clock.js';
import { pathErrors } from '../os/path-errors.js';
import { findHolder, type Lock, type LockNote, takeLock } from '../records/lock.js';
import { devLockOf, type LockPlace } from '../records/project-lock.js';
import { createStateFolder } from '../records/state-folder.js';

/** How long to wait for the other dev server's ports before it is reported without URLs. */
const STARTING_MS = 5_000;
const LOOK_PAUSE_MS = 50;

/** The dev server that is running for a project. */
export interface ClaimHolder {
  pid: number;
  /** Undefined until it has opened its ports. */
  apiUrl: string | undefined;
  proxyUrl: string | undefined;
}

/** The outcome of trying to become a project's dev server. */
export type Claim = { lock: Lock; holder?: never } | { lock?: never; holder: ClaimHolder };

/**
 * Makes this process the only `jamdev dev` of a project, or finds the running one. Several paths to one folder, through
 * links or after a rename, are the same project. Other users and other machines that share the folder have their own
 * state and sessions.
 * @throws JamdevError if the folder does not exist, or the state folder can't be used
 */
export async function claimProject(folder: string): Promise<Claim> {
  const path = resolve(folder);
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw pathErrors.folderMissing(path);
  const state = createStateFolder(realpathSync(path));
  const place = devLockOf({ folder: state, note: state.project });
  for (;;) {
    const { lock, holder } = await takeLock(place);
    if (lock !== undefined) return { lock };
    const named = await untilNamed(place, holder);
    // Otherwise, the holder has exited in the meantime, and the claim is free.
    if (named !== undefined) return { holder: named };
  }
}

async function untilNamed(place: LockPlace, first: LockNote): Promise<ClaimHolder | undefined> {
  const startedAt = performance.now();
  for (let holder: LockNote | undefined = first; holder !== undefined; holder = await findHolder(place)) {
    const { apiUrl, proxyUrl } = (holder.told ?? {}) as { apiUrl?: string; proxyUrl?: string };
    const isLate = performance.now() - startedAt > STARTING_MS;
    if (apiUrl !== undefined || isLate) return { pid: holder.pid, apiUrl, proxyUrl };
    await pause(LOOK_PAUSE_MS);
  }
  return undefined;
}
