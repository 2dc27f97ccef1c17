import { createReadStream, mkdirSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { ignoreError, noteHandled } from '../os/debug/debug-log.js';
import { sendSignal } from '../processes/signal.js';
import { areBackends, type Writer } from './writer.js';

/** Tells the preload where to report the files that a process writes; see write-report.cjs. */
export const WRITES_FOLDER_VARIABLE = 'JAMDEV_WRITES_FOLDER';

/** How many states of exited processes are kept, since changes of files are handled a moment after they are made. */
const MAX_KEPT = 10_000;
/** How many runs for exited processes are kept. */
const MAX_KEPT_RUNS = 1_000;
const NOTHING = '-';

/** A state in which a backend or a build left a file. */
export interface LeftState {
  writer: Writer;
  /** The state that it was made from; undefined if nothing of that state is left. */
  base: string | undefined;
}

/** A file or folder that a backend or a build deleted. */
export interface Deletion {
  writer: Writer;
  /** Milliseconds since 1970. */
  atMs: number;
}

/** The progress of operations in a thread; one may be running. */
interface ThreadProgress {
  /** How many operations have started. */
  started: number;
  /** All operations below this number have ended. */
  floor: number;
}

/** A span of time in which a program or a native library ran for a backend and may have written files. */
export interface ForeignRun {
  /** Milliseconds since 1970. */
  from: number;
  /** undefined if it was still running when last reported. */
  to: number | undefined;
  /** The pid of a program that ran concurrently with the backend's thread; undefined if the thread waited for it. */
  pid: number | undefined;
}

/** All reports so far. */
export interface WriteReport {
  /** By state: "device:inode:size:time of the last change in nanoseconds". */
  states: Map<string, LeftState>;
  /** By absolute path. */
  deletions: Map<string, Deletion>;
  /** For running processes, by pid and descriptor: the files that `fs` has opened for writing, as "device:inode". */
  opened: Map<number, Map<number, string>>;
  /** By report file; only for running processes. */
  threads: Map<string, ThreadProgress>;
  /** Recent runs of programs and libraries for backends, which do not report their writes. */
  runs: ForeignRun[];
}

/** Reads the preload's reports about the files that backends and builds write: one report file per process and thread. */
export class WriteReports {
  readonly #folder: string;
  readonly #folders = new Map<Writer, string>();
  readonly #kept: WriteReport = emptyReport();

  /** @param folder a folder for this run alone */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Returns the folder to which a writer's processes report. */
  folderOf(writer: Writer): string {
    const known = this.#folders.get(writer);
    if (known !== undefined) return known;
    const folder = join(this.#folder, encodeURIComponent(writer));
    this.#folders.set(writer, folder);
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    } catch (error) {
      noteHandled('builds', 'making the folder of write reports', error);
      // Without the folder, writes start builds as if a person had made them.
    }
    return folder;
  }

  /** Reads all reports. */
  async read(): Promise<WriteReport> {
    await this.prune();
    const report = emptyReport();
    await this.#each(async (writer, folder, name) => this.#readInto(report, writer, folder, name));
    // Last, because the report of a process that exited meanwhile may have been moved there before it was read here.
    for (const [state, left] of this.#kept.states) {
      if (!report.states.has(state)) report.states.set(state, left);
    }
    for (const [path, deletion] of this.#kept.deletions) {
      if (deletion.atMs > (report.deletions.get(path)?.atMs ?? 0)) report.deletions.set(path, deletion);
    }
    report.runs.push(...this.#kept.runs);
    return report;
  }

  /** Returns the pids of processes that report what they write. */
  async reportingPids(): Promise<Set<number>> {
    const pids = new Set<number>();
    await this.#each(async (_writer, _folder, name) => void pids.add(Number.parseInt(name, 10)));
    return pids;
  }

  /** Removes reports of exited processes and keeps their newest content in memory. */
  async prune(): Promise<void> {
    await this.#each(async (writer, folder, name) => {
      if (sendSignal(Number.parseInt(name, 10), 0) !== 'nobody') return;
      await this.#readInto(this.#kept, writer, folder, name);
      await rm(join(folder, name), { force: true }).catch(ignoreError('builds', 'removing a write report'));
    });
    for (const map of [this.#kept.states, this.#kept.deletions]) {
      for (const key of map.keys()) {
        if (map.size <= MAX_KEPT) break;
        map.delete(key);
      }
    }
    this.#kept.threads.clear();
    this.#kept.opened.clear();
    const nowMs = Date.now();
    this.#kept.runs = this.#kept.runs
      // A program that outlives the process that started it is seen as a process instead, as long as it runs.
      .filter(({ to, pid }) => to !== undefined || pid === undefined)
      .map((run) => ({ ...run, to: run.to ?? nowMs }))
      .slice(-MAX_KEPT_RUNS);
  }

  async #each(use: (writer: Writer, folder: string, name: string) => Promise<void>): Promise<void> {
    for (const [writer, folder] of this.#folders) {
      const names = await readdir(folder).catch(ignoreError('builds', 'listing write reports', []));
      await Promise.all(names.map((name) => use(writer, folder, name)));
    }
  }

  async #readInto(report: WriteReport, writer: Writer, folder: string, name: string): Promise<void> {
    // Read to the actual end: `readFile` stops at the initial size and may miss the state of an operation whose end it sees.
    const text = await readAll(createReadStream(join(folder, name))).catch(
      ignoreError('builds', 'reading a write report', ''),
    );
    const pid = Number.parseInt(name, 10);
    if (name.endsWith('.runs')) {
      if (areBackends(writer)) report.runs.push(...parseRuns(text));
      return;
    }
    const progress = parseReport(text, writer, pid, report);
    if (!name.endsWith('.old')) report.threads.set(join(folder, name), progress);
  }
}

/** Parses one report file; see write-report.cjs. Incomplete lines are skipped. */
function parseReport(text: string, writer: Writer, pid: number, report: WriteReport): ThreadProgress {
  const progress = { started: 0, floor: 1 };
  for (const line of text.split('\n')) {
    const [kind, first = '', ...rest] = line.trimEnd().split(' ');
    if (kind === 'H') {
      progress.started = Number(first);
      progress.floor = Math.max(progress.floor, Number(rest[0]));
    } else if (kind === 'S') {
      const [base = NOTHING, floor = '1'] = rest;
      report.states.set(first, { writer, base: base === NOTHING ? undefined : base });
      progress.floor = Math.max(progress.floor, Number(floor));
    } else if (kind === 'D') {
      const path = parsePath(rest.join(' '));
      const atMs = Number(first);
      if (path === undefined || atMs < (report.deletions.get(path)?.atMs ?? 0)) continue;
      report.deletions.set(path, { writer, atMs });
    } else if (kind === 'O') {
      const files = report.opened.get(pid) ?? new Map<number, string>();
      report.opened.set(pid, files.set(Number(first), rest[0] ?? ''));
    }
  }
  return progress;
}

/** Parses a file of foreign runs; see foreign-runs.cjs. */
function parseRuns(text: string): ForeignRun[] {
  return [...text.matchAll(/^R (\d+) (\d+|-) (\d+) *$/gm)].map(([, from, to, pid]) => ({
    from: Number(from),
    to: to === '-' ? undefined : Number(to),
    pid: pid === '0' ? undefined : Number(pid),
  }));
}

function parsePath(json: string): string | undefined {
  try {
    return String(JSON.parse(json));
  } catch (error) {
    noteHandled('builds', 'reading a write report', error);
    return undefined;
  }
}

function emptyReport(): WriteReport {
  return { states: new Map(), deletions: new Map(), opened: new Map(), threads: new Map(), runs: [] };
}
