import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { hasProc } from './process-table.js';

/**
 * Whether this process belongs to the job in the foreground of its terminal. One in the background (`jamdev dev &`, or
 * `bg` after Ctrl-Z) that changes the terminal's mode is stopped by the system.
 * @returns true as well where there is no terminal, or nothing can be told
 */
export async function inForeground(): Promise<boolean> {
  try {
    const [group, foreground] = hasProc() ? groupsFromProc() : await groupsFromPs();
    return foreground === group || foreground <= 0;
  } catch {
    return true;
  }
}

/** @returns this process's group, and the one in the foreground of its terminal */
function groupsFromProc(): [group: number, foreground: number] {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  // The second field is the program's name in parentheses, which may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return [Number(fields[2]), Number(fields[5])];
}

async function groupsFromPs(): Promise<[group: number, foreground: number]> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'pgid=,tpgid=', '-p', String(process.pid)]);
  const [group, foreground] = stdout.trim().split(/\s+/).map(Number);
  return [group ?? 0, foreground ?? 0];
}
