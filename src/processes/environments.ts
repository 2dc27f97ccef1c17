import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { environmentOf, hasProc, type ProcessEntry } from './process-table.js';
import { markersIn } from './run-marker.js';

/**
 * Reads which runs' markers processes carry in their environments, as far as the system shows those: on Linux all of this
 * user's, on macOS those that `ps` shows (not of Apple's own programs).
 * @returns the markers by pid; processes without any are left out
 */
export async function readMarkers(
  processes: readonly ProcessEntry[],
  source: 'proc' | 'ps' = hasProc() ? 'proc' : 'ps',
): Promise<Map<number, readonly string[]>> {
  const markers = source === 'proc' ? readFromProc(processes) : await readFromPs();
  return new Map(processes.flatMap(({ pid }) => (markers.has(pid) ? [[pid, markers.get(pid) ?? []]] : [])));
}

function readFromProc(processes: readonly ProcessEntry[]): Map<number, readonly string[]> {
  const found = new Map<number, readonly string[]>();
  for (const { pid } of processes) {
    const markers = markersIn(environmentOf(pid) ?? []);
    if (markers.length > 0) found.set(pid, markers);
  }
  return found;
}

/** The letter for "with the environment": on macOS `-e` means all processes. */
const PS_OPTIONS = process.platform === 'darwin' ? '-axEwwo' : 'axewwo';

async function readFromPs(): Promise<Map<number, readonly string[]>> {
  const { stdout } = await promisify(execFile)('ps', [PS_OPTIONS, 'pid=,command='], {
    maxBuffer: 256 * 1024 * 1024,
  });
  return parsePsEnvironments(stdout);
}

/** Parses lines of a pid, a command, its arguments and its environment, all with spaces in between. */
export function parsePsEnvironments(output: string): Map<number, readonly string[]> {
  const found = new Map<number, readonly string[]>();
  for (const line of output.split('\n')) {
    const [, pid, rest = ''] = /^\s*(\d+)\s+(.*)$/.exec(line) ?? [];
    const markers = markersIn(rest.split(' '));
    if (pid !== undefined && markers.length > 0) found.set(Number(pid), markers);
  }
  return found;
}
