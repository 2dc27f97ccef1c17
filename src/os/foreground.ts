import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { hasProc } from './process-table.js';

/**
 * Whether this process is in the foreground of a terminal: what is typed there as Ctrl-C then reaches every process of
 * its group, its children too. False where the system does not tell.
 */
export async function isInForeground(source: 'proc' | 'ps' = hasProc() ? 'proc' : 'ps'): Promise<boolean> {
  try {
    if (source === 'proc') return isForegroundStat(readFileSync('/proc/self/stat', 'utf8'));
    const { stdout } = await promisify(execFile)('ps', ['-p', String(process.pid), '-o', 'pgid=,tpgid=']);
    return isForegroundPs(stdout);
  } catch {
    return false;
  }
}

/** Reads /proc/PID/stat: behind the name come state, ppid, pgrp, session, tty_nr and tpgid. */
export function isForegroundStat(stat: string): boolean {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [, , group, , terminal, foregroundGroup] = fields;
  return terminal !== undefined && terminal !== '0' && group === foregroundGroup;
}

/** Reads `ps -o pgid=,tpgid=`; without a terminal the second is 0 or -1. */
export function isForegroundPs(output: string): boolean {
  const match = /^\s*(\d+)\s+(-?\d+)\s*$/.exec(output);
  return match !== null && match[1] === match[2];
}
