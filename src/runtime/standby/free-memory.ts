import { readFileSync } from 'node:fs';
import os from 'node:os';
import { noteHandled } from '../../os/debug/debug-log.js';

/** Where the two versions of control groups report the limit, the usage, and the reclaimable part of it. */
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
 * macOS counts only completely unused memory as free, and deliberately fills the rest with caches. This share of all
 * memory is always available.
 */
const MACOS_SHARE = 1 / 16;

/** Reads a file of the system; replaced in tests. */
export type ReadText = (path: string) => string;

/**
 * Returns how many bytes programs can still use, on this machine and in the control group (container) of this process.
 */
export function readFreeMemory(readText: ReadText = (path) => readFileSync(path, 'utf8')): number {
  const free = process.platform === 'darwin' ? Math.max(os.freemem(), os.totalmem() * MACOS_SHARE) : os.freemem();
  return process.platform === 'linux' ? Math.min(free, freeInCgroup(readText)) : free;
}

/** Returns the free memory as seen inside a container. On a machine itself, the outermost group has no limit. */
function freeInCgroup(readText: ReadText): number {
  for (const { limit, used, stat, cache } of CGROUPS) {
    try {
      // "max" means that there is no limit.
      const bytes = Number(readText(limit));
      if (Number.isNaN(bytes)) continue;
      const reclaimable = Number(cache.exec(readText(stat))?.[1] ?? 0);
      return bytes - Number(readText(used)) + reclaimable;
    } catch (error) {
      noteHandled('processes', 'reading the memory of a control group', error);
      // The control groups have the other version, or do not exist.
    }
  }
  return Number.POSITIVE_INFINITY;
}
