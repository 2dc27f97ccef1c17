import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { noteHandled } from './debug/debug-log.js';

/** How many watches and inotify instances Linux allows one user, and how many are in use. */
export interface InotifyState {
  maxWatches: number;
  maxInstances: number;
  usedWatches: number;
  usedInstances: number;
}

const LIMITS = '/proc/sys/fs/inotify';

/**
 * Returns this user's limits and how much of them the user's processes take.
 * @param counts whether to count a process; default: every one
 * @returns undefined if the system has no such limits, as on macOS
 */
export function readInotifyState(counts: (pid: number) => boolean = () => true): InotifyState | undefined {
  const maxWatches = readLimit('max_user_watches');
  const maxInstances = readLimit('max_user_instances');
  if (maxWatches === undefined || maxInstances === undefined) return undefined;
  const watchers = ownPids().filter(counts).flatMap(watchesOf);
  return {
    maxWatches,
    maxInstances,
    usedWatches: watchers.reduce((sum, watches) => sum + watches, 0),
    usedInstances: watchers.length,
  };
}

/** Counts the watches in the text of an inotify descriptor's /proc/PID/fdinfo/FD, which has one line per watch. */
export function countWatches(fdinfo: string): number {
  return fdinfo.split('\n').filter((line) => line.startsWith('inotify wd:')).length;
}

/** @returns the number of watches of each inotify instance of a process */
function watchesOf(pid: number): number[] {
  return attempt(() => readdirSync(`/proc/${pid}/fd`), []).flatMap((fd) => {
    const isWatcher = attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`), '') === 'anon_inode:inotify';
    return isWatcher ? [countWatches(attempt(() => readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8'), ''))] : [];
  });
}

function ownPids(): number[] {
  const user = process.getuid?.();
  return attempt(() => readdirSync('/proc'), [])
    .filter((name) => /^\d+$/.test(name) && attempt(() => statSync(`/proc/${name}`).uid, undefined) === user)
    .map(Number);
}

function readLimit(name: string): number | undefined {
  const text = attempt(() => readFileSync(`${LIMITS}/${name}`, 'utf8'), '').trim();
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

/** Returns a fallback if a read fails, since processes can exit while they are inspected. */
function attempt<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch (error) {
    noteHandled('system', 'reading the limits of inotify', error);
    return otherwise;
  }
}
