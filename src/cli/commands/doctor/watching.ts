import type { InotifyState } from '../../../os/inotify.js';
import { doctorErrors } from './doctor-errors.js';
import { type Finding, fine, trouble } from './finding.js';

/** How many files one line lists. */
const MAX_NAMED = 5;

/** @param needed the number of folders to watch */
export function judgeWatching(needed: number, state: InotifyState | undefined): Finding {
  const check = 'file watching';
  if (needed === 0) return fine(check, 'nothing is watched');
  const folders = needed === 1 ? '1 folder' : `${needed} folders`;
  if (state === undefined) return fine(check, `${folders}; this system has no limit`);
  const { maxWatches, maxInstances, usedWatches, usedInstances } = state;
  if (usedWatches + needed > maxWatches) {
    return trouble(check, 'warning', doctorErrors.watchesShort(needed, usedWatches, maxWatches));
  }
  if (usedInstances + 1 > maxInstances) return trouble(check, 'warning', doctorErrors.watchersShort(maxInstances));
  return fine(check, `${folders}; ${maxWatches - usedWatches} of ${maxWatches} watches are free`);
}

type FilesByService = Readonly<Record<string, readonly string[]>>;

/** Lists the files that builds were seen to write, by service; no finding if there are none. */
export function describeOutputs(outputs: FilesByService): Finding[] {
  return describeWritten('build output', 'builds', outputs);
}

/** Lists the watched files that backends wrote in the last run, by service; no finding if there are none. */
export function describeBackendWrites(written: FilesByService): Finding[] {
  return describeWritten('backend writes', 'backends', written);
}

function describeWritten(check: string, writers: string, written: FilesByService): Finding[] {
  return Object.entries(written).flatMap(([service, files]) => {
    if (files.length === 0) return [];
    const more = files.length > MAX_NAMED ? ` and ${files.length - MAX_NAMED} more` : '';
    const text = `${writers} of ${service} write ${files.slice(0, MAX_NAMED).join(', ')}${more}`;
    return [{ check, status: 'ok', text, remedy: 'Add them to "ignore" to stop watching them.' }];
  });
}
