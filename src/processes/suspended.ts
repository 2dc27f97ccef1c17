import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { noteHandled } from '../os/debug/debug-log.js';
import { hasProc } from './process-table.js';

/** Whether a process is stopped, for example by Ctrl-Z, SIGSTOP or a debugger; false if the system does not tell. */
export async function isSuspended(pid: number, source: 'proc' | 'ps' = hasProc() ? 'proc' : 'ps'): Promise<boolean> {
  try {
    if (source === 'proc') return isStopped(stateFromStat(readFileSync(`/proc/${pid}/stat`, 'utf8')));
    const { stdout } = await promisify(execFile)('ps', ['-p', String(pid), '-o', 'state=']);
    return isStopped(stdout.trim());
  } catch (error) {
    noteHandled('processes', 'asking whether a process is suspended', error);
    // There is no such process, or the system does not show it.
    return false;
  }
}

/** Returns the state, which comes after the name. The name may contain parentheses. */
function stateFromStat(stat: string): string {
  return stat.slice(stat.lastIndexOf(')') + 2);
}

/** Whether a state means stopped. `T`: by job control; `t`: by a debugger. */
function isStopped(state: string): boolean {
  return /^t/i.test(state);
}
