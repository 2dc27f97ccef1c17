import { problem } from '../../contract/errors.js';
import type { InotifyState } from '../../os/inotify.js';
import { type Finding, fine, trouble } from './finding.js';

/** @param needed folders to watch, each of which counts */
export function judgeWatching(needed: number, state: InotifyState | undefined): Finding {
  const check = 'file watching';
  if (needed === 0) return fine(check, 'nothing is watched');
  const folders = needed === 1 ? '1 folder' : `${needed} folders`;
  if (state === undefined) return fine(check, `${folders}; this system sets no limit`);
  const { maxWatches, maxInstances, usedWatches, usedInstances } = state;
  if (usedWatches + needed > maxWatches) {
    return trouble(check, 'warning', problem.watchesShort(needed, usedWatches, maxWatches));
  }
  if (usedInstances + 1 > maxInstances) return trouble(check, 'warning', problem.watchersShort(maxInstances));
  return fine(check, `${folders}; ${maxWatches - usedWatches} of ${maxWatches} can still be watched`);
}
