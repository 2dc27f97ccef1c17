import { lstat } from 'node:fs/promises';
import type { ServiceConfig } from '../config/service-config.js';
import type { Clock } from '../os/clock.js';
import { ignoreError } from '../os/debug/debug-log.js';
import type { Backend } from '../platform/backend.js';
import type { Platform } from '../platform/platform.js';
import { filesOpenForWriting } from '../processes/open-files.js';
import { ProcessSnapshot } from '../processes/process-snapshot.js';
import { hasEnded, hasProc, listProcesses, type ProcessEntry } from '../processes/process-table.js';
import { writtenBytesOf } from '../processes/written-bytes.js';
import type { Change } from '../watch/change.js';
import { findDefaultCheck, isLoaded } from './default-check.js';
import type { LoadedFiles } from './loaded-files.js';
import type { ReportedWrites } from './reported-writes.js';
import { type BackendWrites, WriteActivity, type WrittenBytes } from './write-activity.js';
import { areBackends, backendsOf, buildOf } from './writer.js';

/**
 * What running backends have to do with a changed file: they have made this very change; they have the file open for
 * writing, by a library such as SQLite; they run it as code; or they, or a program or library that ran for them, do not
 * report what they write, and have written something at that time, or that is not known. `built`: the service's own build has made this change.
 */
export type Involvement = 'wrote' | 'holds' | 'runs' | 'may write' | 'unknown' | 'built';

/** More files than this are a checkout or a copy; no evidence is looked for then. */
const MAX_HELD = 100;
/** How often to count again if processes write at that very moment. */
const MAX_ATTEMPTS = 3;
/** A deleted file has no time; its deletion is noticed within this time. */
const NOTICED_WITHIN_MS = 100;
/** File systems keep times by the tick of the kernel's clock, which lags behind the one that programs read. */
const CLOCK_TICK_MS = 20;
/** What SQLite puts next to a database, and may have removed again: https://www.sqlite.org/tempfiles.html */
const OF_DATABASE = /-(?:journal|wal|shm)$/;

/** Finds out what backends have to do with changed files, by evidence rather than by a time that fits. */
export class BackendEvidence {
  readonly #platform: Platform;
  readonly #loaded: LoadedFiles;
  readonly #writes: ReportedWrites;
  readonly #clock: Clock;
  /** By service. */
  readonly #activities = new Map<string, WriteActivity>();

  constructor(platform: Platform, loaded: LoadedFiles, writes: ReportedWrites, clock: Clock) {
    this.#clock = clock;
    this.#platform = platform;
    this.#loaded = loaded;
    this.#writes = writes;
  }

  /**
   * Finds out what backends have to do with changed files of a service; to be called once for each batch of changes.
   * @returns by absolute path; nothing where nothing is known
   */
  async of(service: ServiceConfig, changes: readonly Change[]): Promise<ReadonlyMap<string, Involvement>> {
    const found = new Map<string, Involvement>();
    if (service.runtime !== 'process') return found;
    const writers = await this.#writes.find(service.name, changes);
    const build = buildOf(service);
    const rest: string[] = [];
    for (const { absolute } of changes) {
      const writer = writers.get(absolute);
      if (writer === backendsOf(service.name)) found.set(absolute, 'wrote');
      else if (writer !== undefined && writer === build) found.set(absolute, 'built');
      else rest.push(absolute);
    }
    const isCode = rest.length === 0 ? () => false : await this.#codeOf({ ...service, build: undefined });
    const others = rest.filter((path) => !isCode(path) && !areBackends(writers.get(path)));
    const isHeld = others.length === 0 || others.length > MAX_HELD ? () => false : await this.#heldBy(service.name);
    const unexplained = others.filter((path) => !isHeld(path));
    const isWriting =
      unexplained.length <= MAX_HELD && (await this.#mayHaveWritten(service.name, unexplained, changes));
    const ranFor =
      unexplained.length === 0 || unexplained.length > MAX_HELD
        ? () => false
        : await this.#ranWhen(service.name, unexplained, changes);
    for (const path of rest) {
      // Code that backends of another service have generated is code like any other here.
      if (isCode(path)) found.set(path, 'runs');
      else if (areBackends(writers.get(path))) found.set(path, 'wrote');
      else if (isHeld(path)) found.set(path, 'holds');
      else if (ranFor(path)) found.set(path, 'may write');
      else if (isWriting !== false) found.set(path, isWriting ? 'may write' : 'unknown');
    }
    return found;
  }

  /** A backend of the service has started: what it wrote meanwhile has nothing to do with a change that comes next. */
  noteStart(service: string): void {
    this.#activities.get(service)?.look();
  }

  /** Finds the files that are as backends left them. @param paths absolute */
  leftByBackends(paths: readonly string[]): Promise<Set<string>> {
    return this.#writes.leftByBackends(paths);
  }

  async #codeOf(service: Parameters<typeof findDefaultCheck>[0]): Promise<(path: string) => boolean> {
    const check = findDefaultCheck(service);
    if (check === undefined) return () => false;
    return isLoaded(check, await this.#loaded.list());
  }

  async #heldBy(definition: string): Promise<(path: string) => boolean> {
    const processes = (await this.#processesByBackend(definition)).flatMap((each) => each.processes);
    const opened = await this.#writes.openedByScripts();
    const held = new Set<string>();
    for (const { pid } of processes) {
      for (const { descriptor, path, file } of filesOpenForWriting(pid)) {
        // What a script writes is known exactly.
        if (opened.get(pid)?.get(descriptor) !== file) held.add(path);
      }
    }
    return (path) => held.has(path) || (OF_DATABASE.test(path) && held.has(path.replace(OF_DATABASE, '')));
  }

  async #mayHaveWritten(
    definition: string,
    paths: readonly string[],
    changes: readonly Change[],
  ): Promise<boolean | undefined> {
    if (paths.length === 0 || !hasProc()) return false;
    const known = this.#activities.get(definition);
    const activity = known ?? new WriteActivity(this.#clock, () => this.#countWrittenBytes(definition));
    this.#activities.set(definition, activity);
    const changed = changes.filter(({ absolute }) => paths.includes(absolute));
    return activity.mayHaveWritten(
      Math.min(...(await Promise.all(changed.map((change) => this.#changedAtMs(change))))),
    );
  }

  /**
   * Finds the files that were changed while a program or a native library ran for a backend. Of a program that goes on
   * running it is known better when it writes, by the samples of what is written, but for those that are older than it.
   */
  async #ranWhen(
    definition: string,
    paths: readonly string[],
    changes: readonly Change[],
  ): Promise<(path: string) => boolean> {
    const changed = changes.filter(({ absolute }) => paths.includes(absolute));
    // A journal comes and goes with a change of its database.
    const times = await Promise.all(
      changed.map((each) => this.#changedAtMs({ ...each, absolute: each.absolute.replace(OF_DATABASE, '') })),
    );
    const runs = await this.#writes.foreignRuns();
    const nowMs = this.#clock.now().getTime();
    const found = changed.filter((_, index) => {
      const atMs = times[index] ?? 0;
      const sampledMs = this.#activities.get(definition)?.sampledBefore(atMs) ?? Number.POSITIVE_INFINITY;
      return runs.some(({ from, to, pid }) => {
        const isSampled = to === undefined && pid !== undefined && from < sampledMs && !hasEnded(pid);
        return !isSampled && atMs >= from - CLOCK_TICK_MS && atMs <= (to ?? nowMs) + CLOCK_TICK_MS;
      });
    });
    const ran = new Set(found.map(({ absolute }) => absolute));
    return (path) => ran.has(path);
  }

  async #changedAtMs({ absolute, noticedAtMs }: Change): Promise<number> {
    const stats = await lstat(absolute).catch(ignoreError('builds', 'looking at a changed file'));
    return stats?.ctimeMs ?? this.#clock.now().getTime() - (performance.now() - noticedAtMs) - NOTICED_WITHIN_MS;
  }

  /** Counts the bytes written by processes of a service's backends that do not report their writes. */
  async #countWrittenBytes(definition: string): Promise<WrittenBytes> {
    const reporting = await this.#writes.reportingPids();
    const found = await this.#processesByBackend(definition).catch(ignoreError('builds', 'listing processes', []));
    const others = found.map(({ backend, processes }) => ({
      backend,
      processes: processes.filter(({ pid }) => !reporting.has(pid)),
    }));
    let written = others.map(countBytes);
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      // Meanwhile, what they have printed so far is read.
      for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      const again = others.map(countBytes);
      const isQuiet = numbersOf(again) === numbersOf(written);
      written = again;
      if (isQuiet) break;
    }
    return new Map(others.map(({ backend }, index) => [backend.id, written[index] as BackendWrites]));
  }

  async #processesByBackend(definition: string): Promise<readonly BackendProcesses[]> {
    const isOf = ({ identity }: Backend) => identity.service.definition === definition;
    const running = this.#platform.running.filter(isOf);
    if (running.length === 0 || !hasProc()) return [];
    const snapshot = new ProcessSnapshot(await listProcesses());
    const startedAt = snapshot.find(process.pid)?.startedAt ?? 0;
    return running.map((backend) => ({ backend, processes: snapshot.withBackendId(backend.id, startedAt) }));
  }
}

/** A running backend, and all that runs for it. */
interface BackendProcesses {
  backend: Backend;
  processes: readonly ProcessEntry[];
}

function countBytes({ backend, processes }: BackendProcesses): BackendWrites {
  const written = processes.map(({ pid, startId }) => [`${pid} ${startId}`, writtenBytesOf(pid) ?? 0] as const);
  const { sinceMs, bytes: printed } = backend.log.printed ?? { sinceMs: backend.createdAt.getTime(), bytes: 0 };
  return { sinceMs, printed, processes: new Map(written) };
}

/** Compares as the counts of all processes do. */
function numbersOf(writes: readonly BackendWrites[]): string {
  return writes.flatMap(({ processes }) => [...processes.values()]).join();
}
