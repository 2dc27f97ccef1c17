import type { BigIntStats } from 'node:fs';
import { lstat, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Clock, pause } from '../os/clock.js';
import { ignoreError } from '../os/debug/debug-log.js';
import { FILES_AT_ONCE, mapLimited } from '../os/limit.js';
import type { Change } from '../watch/change.js';
import type { Deletion, ForeignRun, LeftState, WriteReport, WriteReports } from './write-reports.js';
import { areBackends, type Writer } from './writer.js';

/** File timestamps use the kernel's clock tick, which lags behind the clock that programs read. */
const CLOCK_TICK_MS = 20;
/** A reported deletion is noticed within this time. */
const NOTICED_WITHIN_MS = 1_000;
/** How long to wait for the end of an operation that a backend has begun. */
const WAIT_MS = 1_000;
const WAIT_STEP_MS = 10;
/** How many states are remembered per service. */
const MAX_SEEN = 20_000;
/** More than the number of times that backends write to one file between two handled changes. */
const MAX_BASES = 1_000;

type ChangedFile = Pick<Change, 'absolute' | 'what' | 'noticedAtMs'>;

/** The changes that a service's builds have taken into account. */
interface Seen {
  /** States of files, whether they were built or were left by backends. */
  states: Set<string>;
  /** By path, when it was last handled; milliseconds since 1970. */
  handledAtMs: Map<string, number>;
}

/**
 * Distinguishes changes by backends and builds from all others, using their reports (see write-report.cjs). A change is a
 * backend's own only if the file's current state was left by a backend, and everything before was noticed or is overwritten.
 * A person's save before, after or between a backend's writes therefore still counts.
 */
export class ReportedWrites {
  readonly #reports: WriteReports;
  readonly #clock: Clock;
  /** The watcher knows the states from before this moment. */
  readonly #startedAtMs: number;
  readonly #seen = new Map<string, Seen>();
  /** By report file: operations that did not end in time and are not waited for again. */
  readonly #stuck = new Map<string, number>();

  constructor(reports: WriteReports, clock: Clock) {
    this.#reports = reports;
    this.#clock = clock;
    this.#startedAtMs = clock.now().getTime();
  }

  /**
   * Finds changes made by backends or builds. Call it once for each batch of changes, before any of it is built.
   * @param service the service whose files have changed
   * @returns the writers, by absolute path
   */
  async find(service: string, changes: readonly ChangedFile[]): Promise<Map<string, Writer>> {
    const found = new Map<string, Writer>();
    const looks = new Map<string, string | undefined>();
    const deadlineMs = this.#clock.monotonicMs() + WAIT_MS;
    let before: WriteReport | undefined;
    let report: WriteReport;
    let open = [...changes];
    let isLastLook = false;
    for (;;) {
      // Files first, then reports: a file's state is reported before it can be seen.
      const states = await mapLimited(open, FILES_AT_ONCE, stateOf);
      report = await this.#reports.read();
      before ??= report;
      const newest = newestStates(report);
      let mayHaveEnded = false;
      open = open.filter((change, index) => {
        const state = leftStateOf(states[index], newest, report);
        looks.set(change.absolute, state);
        const writer = this.#writerOf(service, change, state, report);
        if (writer !== undefined) found.set(change.absolute, writer);
        else mayHaveEnded ||= wasLeftInTickOf(state, newest);
        return writer === undefined;
      });
      if (open.length === 0 || isLastLook) break;
      if (!this.#isRunning(before, report)) {
        if (!mayHaveEnded) break;
        isLastLook = true;
        continue;
      }
      if (this.#clock.monotonicMs() > deadlineMs) {
        this.#giveUp(report);
        break;
      }
      await pause(WAIT_STEP_MS);
    }
    this.#noteSeen(service, looks, report);
    return found;
  }

  /** Finds the files whose current state was left by backends. @param paths absolute */
  async leftByBackends(paths: readonly string[]): Promise<Set<string>> {
    const states = await mapLimited(paths, FILES_AT_ONCE, (absolute) => stateOf({ absolute, what: 'content' }));
    const report = await this.#reports.read();
    return new Set(paths.filter((_, index) => areBackends(report.states.get(states[index] ?? '')?.writer)));
  }

  /** Returns the pids of processes that report what they write. */
  reportingPids(): Promise<ReadonlySet<number>> {
    return this.#reports.reportingPids();
  }

  /** Returns the files that scripts have opened for writing, as "device:inode", by pid and descriptor. */
  async openedByScripts(): Promise<ReadonlyMap<number, ReadonlyMap<number, string>>> {
    return (await this.#reports.read()).opened;
  }

  /**
   * Returns the recent runs of programs and libraries that do not report their writes. Call it after listing the living
   * processes.
   * @returns runs whose `to` is undefined while they last
   */
  async foreignRuns(): Promise<readonly ForeignRun[]> {
    return (await this.#reports.read()).runs;
  }

  #writerOf(
    service: string,
    { absolute, noticedAtMs }: ChangedFile,
    state: string | undefined,
    report: WriteReport,
  ): Writer | undefined {
    if (state !== undefined) {
      const left = report.states.get(state);
      return left !== undefined && this.#isAccounted(service, left, report) ? left.writer : undefined;
    }
    const noticedMs = this.#clock.now().getTime() - (performance.now() - noticedAtMs);
    const handledMs = this.#seen.get(service)?.handledAtMs.get(absolute) ?? 0;
    const deletion = deletionOf(absolute, report);
    const isRecent = deletion !== undefined && deletion.atMs >= Math.max(noticedMs - NOTICED_WITHIN_MS, handledMs);
    return isRecent ? deletion.writer : undefined;
  }

  /** Whether everything that a backend found when it wrote the file was noticed before, or is overwritten. */
  #isAccounted(service: string, left: LeftState, { states }: WriteReport): boolean {
    const seen = this.#seen.get(service)?.states;
    let { base } = left;
    for (let number = 0; base !== undefined && number < MAX_BASES; number += 1) {
      if (seen?.has(base) || changedAtMs(base) < this.#startedAtMs - CLOCK_TICK_MS) return true;
      const earlier = states.get(base);
      if (earlier === undefined) return false;
      base = earlier.base;
    }
    return base === undefined;
  }

  /** Whether operations that were running at the first read may still be running. */
  #isRunning(before: WriteReport, { threads }: WriteReport): boolean {
    return [...before.threads].some(([file, { started }]) => {
      const floor = threads.get(file)?.floor ?? Number.POSITIVE_INFINITY;
      return floor <= started && this.#stuck.get(file) !== floor;
    });
  }

  #giveUp({ threads }: WriteReport): void {
    for (const [file, { started, floor }] of threads) if (floor <= started) this.#stuck.set(file, floor);
    for (const file of this.#stuck.keys()) if (!threads.has(file)) this.#stuck.delete(file);
  }

  #noteSeen(service: string, looks: ReadonlyMap<string, string | undefined>, { states }: WriteReport): void {
    const seen = this.#seen.get(service) ?? { states: new Set<string>(), handledAtMs: new Map<string, number>() };
    this.#seen.set(service, seen);
    const nowMs = this.#clock.now().getTime();
    for (const [path, state] of looks) {
      // The states that it is based on have been noticed along with it.
      for (let each = state; each !== undefined && !seen.states.has(each); each = states.get(each)?.base) {
        seen.states.add(each);
      }
      seen.handledAtMs.set(path, nowMs);
    }
    for (const each of [seen.states, seen.handledAtMs]) {
      for (const key of each.keys()) {
        if (each.size <= MAX_SEEN) break;
        each.delete(key);
      }
    }
  }
}

/** Returns the state of a file in the preload's format; undefined if the file does not exist. */
async function stateOf({ absolute, what }: Pick<ChangedFile, 'absolute' | 'what'>): Promise<string | undefined> {
  const stats = await lstat(absolute, { bigint: true }).catch(ignoreError('builds', 'looking at a changed file'));
  if (stats === undefined) return undefined;
  if (!stats.isSymbolicLink() || what !== 'content') return describe(stats);
  const target = await stat(absolute, { bigint: true }).catch(ignoreError('builds', 'looking at a changed file'));
  return describe(target ?? stats);
}

function describe({ dev, ino, size, ctimeNs }: BigIntStats): string {
  return `${dev}:${ino}:${size}:${ctimeNs}`;
}

/** Returns when a state was created; milliseconds since 1970. */
function changedAtMs(state: string): number {
  return Number(state.slice(state.lastIndexOf(':') + 1)) / 1e6;
}

/** Returns the newest state in which a backend left each file, by file as "device:inode". */
function newestStates({ states }: WriteReport): Map<string, string> {
  const newest = new Map<string, string>();
  for (const state of states.keys()) {
    const other = newest.get(fileOf(state));
    if (other === undefined || changedAtMs(other) < changedAtMs(state)) newest.set(fileOf(state), state);
  }
  return newest;
}

/**
 * Returns the state in which a backend left a file. If a backend has written the file again since the given state, only the
 * newer state counts, because another change would be reported later. Otherwise returns the given state.
 */
function leftStateOf(
  state: string | undefined,
  newest: ReadonlyMap<string, string>,
  { states }: WriteReport,
): string | undefined {
  if (state === undefined || states.has(state)) return state;
  const later = newest.get(fileOf(state));
  return later !== undefined && changedAtMs(later) > changedAtMs(state) ? later : state;
}

/**
 * Whether a file was left in another state within the same clock tick. Its writer may have ended between reading the file
 * and reading the reports, and reading the file again shows which write was last.
 */
function wasLeftInTickOf(state: string | undefined, newest: ReadonlyMap<string, string>): boolean {
  const left = state === undefined ? undefined : newest.get(fileOf(state));
  return left !== undefined && left !== state && changedAtMs(left) === changedAtMs(state as string);
}

function fileOf(state: string): string {
  return state.split(':', 2).join(':');
}

/** Returns the newest deletion of a file or of a folder above it. */
function deletionOf(path: string, { deletions }: WriteReport): Deletion | undefined {
  let newest: Deletion | undefined;
  for (let each = path; ; each = dirname(each)) {
    const deletion = deletions.get(each);
    if (deletion !== undefined && deletion.atMs > (newest?.atMs ?? 0)) newest = deletion;
    if (each === dirname(each)) return newest;
  }
}
