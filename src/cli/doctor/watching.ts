import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readIgnoreRules } from '../../build/ignore-rules.js';
import type { ServiceConfig } from '../../config/service-config.js';
import { problem } from '../../contract/errors.js';
import type { InotifyState } from '../../os/inotify.js';
import { type Finding, fine, trouble } from './finding.js';

/** More than any system lets one user watch: beyond that there is no need to count. */
const MAX_COUNTED = 2_000_000;

/** @param needed files and folders to watch, each of which counts */
export function judgeWatching(needed: number, state: InotifyState | undefined): Finding {
  const check = 'file watching';
  if (needed === 0) return fine(check, 'nothing is watched');
  const files = needed === 1 ? '1 file or folder' : `${needed} files and folders`;
  if (state === undefined) return fine(check, `${files}; this system sets no limit`);
  const { maxWatches, maxInstances, usedWatches, usedInstances } = state;
  if (usedWatches + needed > maxWatches) {
    return trouble(check, 'warning', problem.watchesShort(needed, usedWatches, maxWatches));
  }
  if (usedInstances + 1 > maxInstances) return trouble(check, 'warning', problem.watchersShort(maxInstances));
  return fine(check, `${files}; ${maxWatches - usedWatches} of ${maxWatches} can still be watched`);
}

/** Counts what would be watched: every file and folder takes one of the system's watches. */
export async function countWatched(services: readonly ServiceConfig[], signal: AbortSignal): Promise<number> {
  const seen = new Set<string>();
  for (const { watch, root } of services) {
    const isIgnored = readIgnoreRules(root, watch);
    const waiting = [...watch];
    for (let folder = waiting.pop(); folder !== undefined && seen.size < MAX_COUNTED; folder = waiting.pop()) {
      signal.throwIfAborted();
      seen.add(folder);
      // One that is a file, or gone, has nothing inside.
      for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
        const path = join(folder, entry.name);
        if (isIgnored(path, entry)) continue;
        if (entry.isDirectory()) waiting.push(path);
        else seen.add(path);
      }
    }
  }
  return seen.size;
}
