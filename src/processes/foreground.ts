import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { noteHandled } from '../os/debug/debug-log.js';
import { hasProc } from './process-table.js';

/**
 * The place of a process in its terminal. In the foreground, Ctrl-C reaches every process of its group, including its
 * children. In the background (`jamdev dev &`, or `bg` after Ctrl-Z), the system stops a process that changes the terminal's
 * mode. `none`: it has no terminal, or the system does not tell.
 */
export type TerminalPlace = 'foreground' | 'background' | 'none';

/** Returns the current place of this process in its terminal. */
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

/** Parses /proc/PID/stat. The name may contain parentheses; after it come state, ppid, pgrp, session, tty_nr and tpgid. */
export function placeFromStat(stat: string): TerminalPlace {
  const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return place(Number(group), Number(foreground));
}

/** Parses `ps -o pgid=,tpgid=`. */
export function placeFromPs(output: string): TerminalPlace {
  const [group, foreground] = output.trim().split(/\s+/).map(Number);
  return place(group, foreground);
}

/** @param foreground the foreground process group of the terminal; 0 or -1 if there is no terminal */
function place(group: number | undefined, foreground: number | undefined): TerminalPlace {
  if (!(group !== undefined && foreground !== undefined && group > 0 && foreground > 0)) return 'none';
  return group === foreground ? 'foreground' : 'background';
}
