import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { promisify } from 'node:util';
import { noteHandled } from '../os/debug/debug-log.js';
import { processErrors } from './process-errors.js';
import { mayRun } from './signal.js';

/** A process on this machine. */
export interface ProcessEntry {
  pid: number;
  ppid: number;
  /** Process group. */
  pgid: number;
  /**
   * Distinguishes this process from a later one with the same pid: constant during its life, and different for every other
   * process.
   */
  startId: string;
  /** Start time. Comparable only within one source (clock ticks, or seconds). */
  startedAt: number;
  zombie: boolean;
  /** Resident memory in bytes, including pages shared with other processes. */
  memoryBytes: number;
  /** CPU time used so far; milliseconds. */
  cpuMs: number;
  /** CPU time of its reaped children and their reaped descendants; 0 if the system does not tell. */
  childrenCpuMs: number;
}

/**
 * Lists all processes. Linux: /proc, read synchronously (docs/decisions/006-process-table-in-one-go.md). Elsewhere: `ps`,
 * which macOS and the BSDs have.
 * @throws JamdevError `ProcessTableUnreadable`: then nothing is known about any process
 */
export async function listProcesses(source: 'proc' | 'ps' = hasProc() ? 'proc' : 'ps'): Promise<ProcessEntry[]> {
  let entries: ProcessEntry[];
  try {
    entries = source === 'proc' ? listFromProc() : await listFromPs();
  } catch (error) {
    throw processErrors.processTableUnreadable(source, error);
  }
  // A list without the process that reads it can't be the list of all processes, whatever the reason.
  if (entries.some(({ pid }) => pid === process.pid)) return entries;
  throw processErrors.processTableUnreadable(source, new Error('it does not show this process'));
}

/** @returns the entry of one pid, or undefined if there is no such process */
export async function findProcess(pid: number): Promise<ProcessEntry | undefined> {
  if (hasProc()) return readProcEntry(pid);
  return (await listProcesses('ps')).find((entry) => entry.pid === pid);
}

/**
 * Whether a process has exited, even if its parent has not reaped it yet. Without Linux's /proc, this is true only once the
 * pid is free.
 */
export function hasEnded(pid: number): boolean {
  if (!mayRun(pid)) return true;
  try {
    return hasProc() && readProcEntry(pid)?.zombie === true;
  } catch (error) {
    noteHandled('processes', 'looking whether a process has ended', error);
    return false;
  }
}

/** Whether a process has a handler for a signal. Linux only; undefined otherwise. */
export function handlesSignal(pid: number, signal: NodeJS.Signals): boolean | undefined {
  try {
    const mask = /^SigCgt:\s+([0-9a-f]+)$/m.exec(readProcFile(`/proc/${pid}/status`) ?? '')?.[1];
    return mask === undefined
      ? undefined
      : ((BigInt(`0x${mask}`) >> BigInt(constants.signals[signal] - 1)) & 1n) === 1n;
  } catch (error) {
    noteHandled('processes', 'reading how a process handles a signal', error);
    return undefined;
  }
}

/** Returns the command line of a process in one line; '' if the system does not tell. */
export async function commandOf(pid: number): Promise<string> {
  return (await argumentsOf(pid)).join(' ').trim();
}

/**
 * Returns the arguments of a process, with the program first; one empty argument if the system does not tell. Without /proc
 * they are split at spaces, since `ps` prints them in one line.
 */
export async function argumentsOf(pid: number): Promise<string[]> {
  try {
    if (!hasProc()) return (await runPs(['-p', String(pid), '-o', 'command='])).stdout.trim().split(/\s+/);
    const line = readProcFile(`/proc/${pid}/cmdline`) ?? '';
    // A program that replaces its arguments with a shorter title leaves NULs after it.
    return line.replace(/\0+$/, '').split('\0');
  } catch (error) {
    noteHandled('processes', 'reading the arguments of a process', error);
    return [''];
  }
}

/**
 * Returns the environment that a process was started with, as `NAME=value` entries. Linux only, and only for processes of
 * the same user; undefined otherwise. Callers must work without it.
 */
export function environmentOf(pid: number): string[] | undefined {
  return readProcFile(`/proc/${pid}/environ`)?.split('\0');
}

/** Returns the peak resident memory of a process in bytes. Linux only; undefined otherwise. */
export function peakMemoryOf(pid: number): number | undefined {
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readProcFile(`/proc/${pid}/status`) ?? '')?.[1];
  return kib === undefined ? undefined : Number(kib) * 1024;
}

/** Whether this system has Linux's /proc. */
export function hasProc(): boolean {
  return existsSync('/proc/self/stat');
}

/**
 * Lists processes from /proc. Listing the folder and reading its files is not atomic: a process can start another one and
 * exit in between, and then neither would be in the list. So the folder is read again until no listed process has exited
 * meanwhile.
 */
function listFromProc(): ProcessEntry[] {
  const machine = readMachine();
  const entries: ProcessEntry[] = [];
  const seen = new Set<string>();
  for (let hasVanished = true; hasVanished; ) {
    hasVanished = false;
    for (const name of readdirSync('/proc')) {
      if (seen.has(name) || !/^\d+$/.test(name)) continue;
      seen.add(name);
      const entry = readProcEntry(Number(name), machine);
      if (entry === undefined) hasVanished = true;
      else entries.push(entry);
    }
  }
  return entries;
}

/** Linux' unit of CPU time in /proc. */
const TICK_MS = 10;

function readProcEntry(pid: number, machine = readMachine()): ProcessEntry | undefined {
  const stat = readProcFile(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The second field is the program's name in parentheses, which may itself contain spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const numberAt = (index: number) => Number(fields[index]);
  const startedAt = numberAt(19);
  return {
    pid,
    ppid: numberAt(1),
    pgid: numberAt(2),
    startId: `${machine.bootId}:${startedAt}`,
    startedAt,
    zombie: fields[0] === 'Z' || fields[0] === 'X',
    memoryBytes: numberAt(21) * machine.pageBytes,
    cpuMs: (numberAt(11) + numberAt(12)) * TICK_MS,
    childrenCpuMs: (numberAt(13) + numberAt(14)) * TICK_MS,
  };
}

const USUAL_PAGE_BYTES = 4096;
/** The entry of the auxiliary vector with the page size. */
const AT_PAGESZ = 6n;

/** Values that are the same for all processes of a machine. */
interface Machine {
  /** Start times in /proc count from boot, so the boot id is part of a process's identity. */
  bootId: string;
  /** /proc counts memory in pages. The kernel passes the page size to each program in its auxiliary vector. */
  pageBytes: number;
}

function readMachine(): Machine {
  return {
    bootId: readProcFile('/proc/sys/kernel/random/boot_id')?.trim() ?? '',
    pageBytes: readPageBytes() ?? USUAL_PAGE_BYTES,
  };
}

function readPageBytes(): number | undefined {
  try {
    const words = new BigUint64Array(new Uint8Array(readFileSync('/proc/self/auxv')).buffer);
    const at = words.findIndex((word, index) => index % 2 === 0 && word === AT_PAGESZ);
    return at === -1 ? undefined : Number(words[at + 1]);
  } catch (error) {
    noteHandled('processes', 'asking for the size of a memory page', error);
    return undefined;
  }
}

/**
 * Errors that mean that there is nothing to read. Any other error, such as too many open files, says nothing about the
 * process.
 */
const NOTHING_THERE = ['ENOENT', 'ESRCH', 'EACCES', 'EPERM', 'ENOTDIR'];

function readProcFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (NOTHING_THERE.includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

const PS_COLUMNS = 'pid=,ppid=,pgid=,stat=,rss=,time=,lstart=';

async function listFromPs(): Promise<ProcessEntry[]> {
  const { stdout } = await runPs(['-axo', PS_COLUMNS]);
  return parsePs(stdout);
}

/** A `ps` that hangs is treated like a missing one. */
const PS_TIMEOUT_MS = 10_000;

function runPs(args: readonly string[]): Promise<{ stdout: string }> {
  return promisify(execFile)('ps', [...args], {
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
    maxBuffer: 64 * 1024 * 1024,
    timeout: PS_TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
}

/**
 * Parses `ps -axo pid=,ppid=,pgid=,stat=,rss=,time=,lstart=`. `lstart` looks like `Sun Nov 22 08:05:00 2026`, `rss` is in
 * KiB, and `time` is `12:03.45` on macOS and `1-02:03:04` with procps.
 */
export function parsePs(output: string): ProcessEntry[] {
  return output.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\d+)\s+([\d:.-]+)\s+(\S.*?)\s*$/.exec(line);
    if (match === null) return [];
    const [, pid, ppid, pgid, stat = '', rssKib, time = '', started = ''] = match;
    return {
      pid: Number(pid),
      ppid: Number(ppid),
      pgid: Number(pgid),
      startId: started,
      startedAt: Date.parse(`${started} UTC`) / 1000,
      zombie: stat.startsWith('Z'),
      memoryBytes: Number(rssKib) * 1024,
      cpuMs: parsePsTime(time),
      childrenCpuMs: 0,
    };
  });
}

/** Converts `[days-][hours:]minutes:seconds[.hundredths]` to milliseconds. */
function parsePsTime(text: string): number {
  const [rest = '', days = '0'] = text.split('-').reverse();
  const seconds = rest.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
  return Math.round((Number(days) * 86_400 + seconds) * 1000);
}
