import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { pause } from '../os/clock.js';
import { ignoreError, noteHandled } from '../os/debug/debug-log.js';
import { filesOpenForWriting } from './open-files.js';
import { hasProc, listProcesses } from './process-table.js';

/** How many processes are inspected before yielding to the event loop. */
const PROCESSES_AT_ONCE = 10;
/** An `lsof` that hangs is treated like a missing one. */
const LSOF_TIMEOUT_MS = 2_000;
/** Access letters of `lsof -F` that include writing. */
const WRITING = new Set(['w', 'u']);

/** A process that has a file open for writing. */
export interface FileWriter {
  pid: number;
  /** The path that the caller passed. */
  path: string;
  /** "device:inode". */
  file: string;
}

type Source = 'proc' | 'lsof';

/**
 * Finds the processes, other than this one, that have files open for writing. Uses /proc on Linux and `lsof` elsewhere.
 * @param paths absolute
 * @returns an empty list if the system does not tell: it has neither, or the processes belong to another user
 */
export async function findFileWriters(
  paths: readonly string[],
  source: Source = hasProc() ? 'proc' : 'lsof',
): Promise<FileWriter[]> {
  const wanted = new Map<string, string[]>();
  for (const path of paths) {
    const stats = await stat(path, { bigint: true }).catch(ignoreError('processes', 'looking at a file'));
    if (stats?.isFile() !== true) continue;
    const file = `${stats.dev}:${stats.ino}`;
    wanted.set(file, [...(wanted.get(file) ?? []), path]);
  }
  if (wanted.size === 0) return [];
  const found = source === 'proc' ? await searchProc(paths) : await searchLsof(['--', ...paths]);
  return found
    .filter(({ pid }) => pid !== process.pid)
    .flatMap(({ pid, file }) => (wanted.get(file) ?? []).map((path) => ({ pid, path, file })));
}

/** Whether a process still has a file open for writing. */
export async function isStillWriting(
  { pid, path, file }: FileWriter,
  source: Source = hasProc() ? 'proc' : 'lsof',
): Promise<boolean> {
  const found = source === 'proc' ? openFiles(pid, [path]) : await searchLsof(['-a', '-p', String(pid), '--', path]);
  return found.some((each) => each.file === file);
}

type Found = Omit<FileWriter, 'path'>;

async function searchProc(paths: readonly string[]): Promise<Found[]> {
  const found: Found[] = [];
  const processes = await listProcesses().catch(ignoreError('processes', 'listing processes', []));
  for (const [index, { pid }] of processes.entries()) {
    if (index % PROCESSES_AT_ONCE === 0) await pause(0);
    found.push(...openFiles(pid, paths));
  }
  return found;
}

/** Lists a process's open files with the same base names. In a container, the parent folders have other names. */
function openFiles(pid: number, paths: readonly string[]): Found[] {
  const names = new Set(paths.map((path) => basename(path)));
  return filesOpenForWriting(pid, (path) => names.has(basename(path))).map(({ file }) => ({ pid, file }));
}

async function searchLsof(args: readonly string[]): Promise<Found[]> {
  try {
    const { stdout } = await promisify(execFile)('lsof', ['-w', '-nP', '-FpaDi', ...args], {
      timeout: LSOF_TIMEOUT_MS,
    });
    return parseFileWriters(stdout);
  } catch (error) {
    noteHandled('processes', 'asking lsof who has a file open', error);
    // lsof exits with 1 if none of the files are open. Its output still counts.
    return parseFileWriters((error as { stdout?: string }).stdout ?? '');
  }
}

/**
 * Parses `lsof -F paDi`. A line `p123` starts a process, and `f4` one of its files. The lines after that have the file's
 * access, device (hexadecimal) and inode.
 */
export function parseFileWriters(output: string): Found[] {
  const found: Found[] = [];
  let pid = 0;
  let [access, device] = ['', ''];
  for (const line of output.split('\n')) {
    const value = line.slice(1);
    if (line.startsWith('p')) pid = Number(value);
    else if (line.startsWith('f')) [access, device] = ['', ''];
    else if (line.startsWith('a')) access = value;
    else if (line.startsWith('D')) device = value;
    else if (line.startsWith('i') && WRITING.has(access)) found.push({ pid, file: `${BigInt(device)}:${value}` });
  }
  return found;
}
