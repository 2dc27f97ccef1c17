import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { noteHandled } from './debug/debug-log.js';

/** How many files and folders Linux lets one user watch, and how many watchers have. */
export interface InotifyState {
  maxWatches: number;
  maxInstances: number;
  usedWatches: number;
  usedInstances: number;
}

const LIMITS = '/proc/sys/fs/inotify';

/**
 * The limits for this user, and what the processes of this user take of them.
 * @param counts whether a process is to be counted; default: every one
 * @returns undefined where the system has no such limits, as on macOS
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

/** Counts the watches in the text of /proc/PID/fdinfo/FD of a watcher: a line each. */
export function countWatches(fdinfo: string): number {
  return fdinfo.split('\n').filter((line) => line.startsWith('inotify wd:')).length;
}

/** @returns the number of watches of each watcher of a process */
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

/** Processes come and go while they are looked at. */
function attempt<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch (error) {
    noteHandled('system', 'reading the limits of inotify', error);
    return otherwise;
  }
}
