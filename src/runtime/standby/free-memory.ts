import { readFileSync } from 'node:fs';
import os from 'node:os';
import { noteHandled } from '../../os/debug/debug-log.js';

/** Where the two versions of control groups show a limit, what is used, and what of that could be given up. */
const CGROUPS = [
  {
    limit: '/sys/fs/cgroup/memory.max',
    used: '/sys/fs/cgroup/memory.current',
    stat: '/sys/fs/cgroup/memory.stat',
    cache: /^inactive_file (\d+)$/m,
  },
  {
    limit: '/sys/fs/cgroup/memory/memory.limit_in_bytes',
    used: '/sys/fs/cgroup/memory/memory.usage_in_bytes',
    stat: '/sys/fs/cgroup/memory/memory.stat',
    cache: /^total_inactive_file (\d+)$/m,
  },
];
/**
 * macOS counts as free only what holds nothing at all, and fills the rest with caches on purpose. This share of all its
 * memory can always be had.
 */
const MACOS_SHARE = 1 / 16;

/** What of a file system the memory is read from; for tests. */
export type ReadText = (path: string) => string;

/** Bytes that programs could still use: of the machine, and of the control group (a container) that this one runs in. */
export function readFreeMemory(readText: ReadText = (path) => readFileSync(path, 'utf8')): number {
  const free = process.platform === 'darwin' ? Math.max(os.freemem(), os.totalmem() * MACOS_SHARE) : os.freemem();
  return process.platform === 'linux' ? Math.min(free, freeInCgroup(readText)) : free;
}

/** As seen from inside of a container; on a machine itself the outermost group has no limit. */
function freeInCgroup(readText: ReadText): number {
  for (const { limit, used, stat, cache } of CGROUPS) {
    try {
      // "max" is no number: there is no limit.
      const bytes = Number(readText(limit));
      if (Number.isNaN(bytes)) continue;
      const reclaimable = Number(cache.exec(readText(stat))?.[1] ?? 0);
      return bytes - Number(readText(used)) + reclaimable;
    } catch (error) {
      noteHandled('processes', 'reading the memory of a control group', error);
      // It is the other version, or there are none.
    }
  }
  return Number.POSITIVE_INFINITY;
}
