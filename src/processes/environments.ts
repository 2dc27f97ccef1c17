import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { processErrors } from './process-errors.js';
import { environmentOf, findProcess, hasProc, listProcesses, type ProcessEntry } from './process-table.js';
import { markersIn } from './run-marker.js';

/** Usually two are enough. */
const MAX_PASSES = 1_000;

/** Processes, and the markers of runs in their environments. */
export interface MarkedProcesses {
  entries: readonly ProcessEntry[];
  /** By pid; processes without any are left out. */
  markers: ReadonlyMap<number, readonly string[]>;
}

/**
 * Lists all processes with the markers of runs in their environments, as far as the system shows those: on Linux all of
 * this user's, on macOS those that `ps` shows (not of Apple's own programs).
 *
 * A process may start another one and end between being listed and being read. So this continues until every
 * process that was listed was also read.
 * @throws JamdevError `ProcessTableUnreadable`
 */
export async function listMarkedProcesses(source: 'proc' | 'ps' = hasProc() ? 'proc' : 'ps'): Promise<MarkedProcesses> {
  if (source === 'ps') return { entries: await listProcesses(), markers: await readFromPs() };
  const markers = new Map<number, readonly string[]>();
  const seen = new Set<string>();
  for (let pass = 0; pass < MAX_PASSES; pass += 1) {
    const entries = (await listProcesses()).filter(({ zombie }) => !zombie);
    let hasVanished = false;
    // The newest first: they are the ones that may be gone in a moment.
    for (const entry of entries.toSorted((a, b) => b.startedAt - a.startedAt)) {
      const identity = `${entry.pid} ${entry.startId}`;
      if (seen.has(identity)) continue;
      const environment = environmentOf(entry.pid);
      if (environment === undefined && (await findProcess(entry.pid))?.startId !== entry.startId) hasVanished = true;
      seen.add(identity);
      const found = markersIn(environment ?? []);
      if (found.length > 0) markers.set(entry.pid, found);
    }
    if (!hasVanished) return { entries, markers };
  }
  throw processErrors.processTableUnreadable(source, new Error('processes start and end faster than it is read'));
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
