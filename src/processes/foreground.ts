import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { noteHandled } from '../os/debug/debug-log.js';
import { hasProc } from './process-table.js';

/**
 * Where a process stands in its terminal. In the foreground, what is typed as Ctrl-C reaches every process of its group,
 * its children too; in the background (`jamdev dev &`, or `bg` after Ctrl-Z) one that changes the terminal's mode is
 * stopped by the system. `none`: it has no terminal, or nothing can be told.
 */
export type TerminalPlace = 'foreground' | 'background' | 'none';

/** Where this process stands in its terminal right now. */
export async function terminalPlace(source: 'proc' | 'ps' = hasProc() ? 'proc' : 'ps'): Promise<TerminalPlace> {
  try {
    if (source === 'proc') return placeFromStat(readFileSync('/proc/self/stat', 'utf8'));
    const { stdout } = await promisify(execFile)('ps', ['-p', String(process.pid), '-o', 'pgid=,tpgid=']);
    return placeFromPs(stdout);
  } catch (error) {
    noteHandled('processes', 'asking for the foreground of the terminal', error);
    return 'none';
  }
}

/** Reads /proc/PID/stat: behind the name, which may hold parentheses, come state, ppid, pgrp, session, tty_nr, tpgid. */
export function placeFromStat(stat: string): TerminalPlace {
  const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return place(Number(group), Number(foreground));
}

/** Reads `ps -o pgid=,tpgid=`. */
export function placeFromPs(output: string): TerminalPlace {
  const [group, foreground] = output.trim().split(/\s+/).map(Number);
  return place(group, foreground);
}

/** @param foreground the group in the foreground of the terminal; 0 or -1 without one */
function place(group: number | undefined, foreground: number | undefined): TerminalPlace {
  if (!(group !== undefined && foreground !== undefined && group > 0 && foreground > 0)) return 'none';
  return group === foreground ? 'foreground' : 'background';
}
