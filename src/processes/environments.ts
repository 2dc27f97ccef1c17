import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { processErrors } from './process-errors.js';
import { environmentOf, findProcess, hasProc, listProcesses, type ProcessEntry } from './process-table.js';
import { markersIn } from './run-marker.js';

/** Safety limit: two passes are usually enough. */
const MAX_PASSES = 1_000;

/** Processes and the run markers in their environments. */
export interface MarkedProcesses {
  entries: readonly ProcessEntry[];
  /** By pid. Processes without markers are left out. */
  markers: ReadonlyMap<number, readonly string[]>;
}

/**
 * Lists all processes with the run markers in their environments, if the system shows these: on Linux for all of this user's
 * processes, on macOS for those that `ps` shows (not Apple's own programs).
 *
 * A process can start another one and exit after it was listed and before it was read. So this repeats until every listed
 * process was also read.
 * @throws JamdevError `ProcessTableUnreadable`
 */
export async function listMarkedProcesses(source: 'proc' | 'ps' = hasProc() ? 'proc' : 'ps'): Promise<MarkedProcesses> {
  if (source === 'ps') return { entries: await listProcesses(), markers: await readFromPs() };
  const markers = new Map<number, readonly string[]>();
  const seen = new Set<string>();
  for (let pass = 0; pass < MAX_PASSES; pass += 1) {
    const entries = (await listProcesses()).filter(({ zombie }) => !zombie);
    let hasVanished = false;
    // Newest first, since these are the most likely to exit soon.
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

/** The `ps` option that includes environments. On macOS it is `-E`, because `-e` means all processes. */
const PS_OPTIONS = process.platform === 'darwin' ? '-axEwwo' : 'axewwo';

async function readFromPs(): Promise<Map<number, readonly string[]>> {
  const { stdout } = await promisify(execFile)('ps', [PS_OPTIONS, 'pid=,command='], {
    maxBuffer: 256 * 1024 * 1024,
  });
  return parsePsEnvironments(stdout);
}

/** Parses lines with a pid, a command, its arguments and its environment, separated by spaces. */
export function parsePsEnvironments(output: string): Map<number, readonly string[]> {
  const found = new Map<number, readonly string[]>();
  for (const line of output.split('\n')) {
    const [, pid, rest = ''] = /^\s*(\d+)\s+(.*)$/.exec(line) ?? [];
    const markers = markersIn(rest.split(' '));
    if (pid !== undefined && markers.length > 0) found.set(Number(pid), markers);
  }
  return found;
}
