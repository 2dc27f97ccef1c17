import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';

/** One running process of this machine. */
export interface ProcessEntry {
  pid: number;
  ppid: number;
  /** Process group. */
  pgid: number;
  /** Tells this process from a later one with the same pid: stable for its life, different for every other. */
  startId: string;
  /** Moment of the start, comparable within one snapshot source only (clock ticks, or seconds). */
  startedAt: number;
  zombie: boolean;
}

/**
 * All processes right now. Linux: /proc, read synchronously, as that is several times cheaper than doing it piecemeal.
 * Elsewhere: `ps`, which macOS and the BSDs have.
 */
export async function listProcesses(source: 'proc' | 'ps' = hasProc() ? 'proc' : 'ps'): Promise<ProcessEntry[]> {
  return source === 'proc' ? listFromProc() : await listFromPs();
}

/** @returns the entry of one pid, or undefined when no such process lives. */
export async function findProcess(pid: number): Promise<ProcessEntry | undefined> {
  if (hasProc()) return readProcEntry(pid);
  return (await listFromPs()).find((entry) => entry.pid === pid);
}

/** The command line of a process in one line, or '' when the system does not tell. */
export async function commandOf(pid: number): Promise<string> {
  if (hasProc()) {
    return (readProcFile(`/proc/${pid}/cmdline`) ?? '').split('\0').join(' ').trim();
  }
  try {
    const { stdout } = await promisify(execFile)('ps', ['-p', String(pid), '-o', 'command=']);
    return stdout.trim();
  } catch {
    return '';
  }
}

/**
 * The environment a process was started with, as `NAME=value` entries. Linux only, and only for processes of the same
 * user; undefined otherwise. Callers must work without it.
 */
export function environmentOf(pid: number): string[] | undefined {
  return readProcFile(`/proc/${pid}/environ`)?.split('\0');
}

let procAvailable: boolean | undefined;

/** Whether this system has Linux's /proc. */
export function hasProc(): boolean {
  procAvailable ??= readProcFile('/proc/self/stat') !== undefined;
  return procAvailable;
}

function listFromProc(): ProcessEntry[] {
  const entries: ProcessEntry[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const entry = readProcEntry(Number(name));
    if (entry !== undefined) entries.push(entry);
  }
  return entries;
}

function readProcEntry(pid: number): ProcessEntry | undefined {
  const stat = readProcFile(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The second field is the program's name in parentheses, which may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const startedAt = Number(fields[19]);
  return {
    pid,
    ppid: Number(fields[1]),
    pgid: Number(fields[2]),
    startId: `${bootId()}:${startedAt}`,
    startedAt,
    zombie: fields[0] === 'Z' || fields[0] === 'X',
  };
}

let cachedBootId: string | undefined;

/** Start times in /proc count from boot, so the boot belongs to a process's identity. */
function bootId(): string {
  cachedBootId ??= readProcFile('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
  return cachedBootId;
}

/** Errors that say that there is nothing to read; any other (too many open files) says nothing of the process. */
const NOTHING_THERE = ['ENOENT', 'ESRCH', 'EACCES', 'EPERM', 'ENOTDIR'];

function readProcFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (NOTHING_THERE.includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

async function listFromPs(): Promise<ProcessEntry[]> {
  const { stdout } = await promisify(execFile)('ps', ['-axo', 'pid=,ppid=,pgid=,stat=,lstart='], {
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
    maxBuffer: 64 * 1024 * 1024,
  });
  return parsePs(stdout);
}

/** Parses `ps -axo pid=,ppid=,pgid=,stat=,lstart=`; `lstart` looks like `Sun Nov 22 08:05:00 2026`. */
export function parsePs(output: string): ProcessEntry[] {
  return output.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S.*?)\s*$/.exec(line);
    if (match === null) return [];
    const [, pid, ppid, pgid, stat = '', started = ''] = match;
    return {
      pid: Number(pid),
      ppid: Number(ppid),
      pgid: Number(pgid),
      startId: started,
      startedAt: Date.parse(`${started} UTC`) / 1000,
      zombie: stat.startsWith('Z'),
    };
  });
}
