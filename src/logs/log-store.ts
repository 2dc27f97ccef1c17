import { EventEmitter } from 'node:events';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { findByName } from '../contract/backend-name.js';
import type { DevBackend, OutputSource } from '../contract/dev-endpoints.js';
import { backendErrors } from '../contract/errors/backend-errors.js';
import { noteHandled } from '../os/debug/debug-log.js';
import { isShortage } from '../os/error-code.js';
import { readOwnFile } from '../records/own-file.js';
import { hasCrashed, readBackendEnd, toEndedBackend } from './backend-end.js';
import { BackendLog, type LogOwner } from './backend-log.js';
import { type LogRecord, RecordEncoder } from './log-format.js';

/** How many logs of ended backends are kept per project. The newest stay. */
export const MAX_LOGS = 100;
/** Limit for all logs of a project together. */
export const MAX_TOTAL_BYTES = 256 * 1024 * 1024;

interface LogStoreEvents {
  /** Lines were printed, or, if there are no lines, the log ended. */
  lines: [log: BackendLog, source: LogRecord['source'], lines: readonly Buffer[]];
  /** A line is unfinished after a moment, or has changed since. The next line of the same source replaces it. */
  unfinished: [log: BackendLog, source: OutputSource, text: string];
  /** A log can't be written. */
  diskProblem: [log: BackendLog, error: Error];
  /** Logs can be written again. */
  diskRecovered: [];
}

/** A log on disk. */
export interface StoredLog {
  owner: LogOwner;
  folder: string;
}

interface EndedLog {
  folder: string;
  bytes: number;
}

/**
 * The logs of a project: logs being written, and logs of backends that have ended, including those of earlier dev servers.
 */
export class LogStore {
  readonly events = new EventEmitter<LogStoreEvents>().setMaxListeners(0);
  readonly #folders: readonly [string, ...string[]];
  readonly #encoder = new RecordEncoder();
  readonly #open = new Map<string, BackendLog>();
  readonly #created: StoredLog[] = [];
  /** Ended logs that this store may delete, oldest first; undefined until the disk was read. */
  #ended: EndedLog[] | undefined;
  #diskTrouble = false;

  /** @param folders the first takes new logs; the others may contain logs of earlier versions */
  constructor(...folders: [string, ...string[]]) {
    this.#folders = folders;
  }

  /** Logs created by this store, oldest first. Some may have been deleted from the disk since. */
  get created(): readonly StoredLog[] {
    return this.#created;
  }

  /** Creates the log of a backend. */
  create(owner: LogOwner): BackendLog {
    const log: BackendLog = new BackendLog(
      join(this.#folders[0], owner.backendId),
      owner,
      {
        onLines: (source, lines) => {
          if (log.ended) this.#hasEnded(log);
          this.events.emit('lines', log, source, lines);
        },
        onUnfinished: (source, text) => this.events.emit('unfinished', log, source, text),
        // Deferred, because the first problem can occur before `log` is assigned.
        onDisk: (error) => queueMicrotask(() => this.#tellOfDisk(log, error)),
      },
      this.#encoder,
    );
    this.#open.set(owner.backendId, log);
    this.#created.push({ owner, folder: log.folder });
    return log;
  }

  /** Reports a failure and a recovery of the disk once, since all logs are on the same disk. */
  #tellOfDisk(log: BackendLog, error: Error | undefined): void {
    if (this.#diskTrouble === (error !== undefined)) return;
    this.#diskTrouble = error !== undefined;
    if (error !== undefined) this.events.emit('diskProblem', log, error);
    else this.events.emit('diskRecovered');
  }

  /** @returns the log of a backend, as long as it can still get lines */
  open(backendId: string): BackendLog | undefined {
    return this.#open.get(backendId);
  }

  /** Recreates deleted folders of logs that are being written. */
  restore(): void {
    for (const log of this.#open.values()) log.restore();
  }

  /** Whether a backend's log can still get lines. */
  isOpen(backendId: string): boolean {
    return this.#open.has(backendId);
  }

  /** Lists all logs, oldest first. */
  list(): StoredLog[] {
    return listStoredLogs(...this.#folders);
  }

  /** @returns the log of a backend, or undefined if there is none */
  find(backendId: string): StoredLog | undefined {
    if (!/^[a-z0-9]+$/.test(backendId)) return undefined;
    for (const folder of this.#folders) {
      const log = readStoredLog(join(folder, backendId));
      if (log !== undefined) return log;
    }
    return undefined;
  }

  /** Whether the disk was searched for logs to delete. After that, each log that ends triggers a deletion by itself. */
  get isPruned(): boolean {
    return this.#ended !== undefined;
  }

  /**
   * Deletes the oldest logs beyond the limits, now and whenever a log of this store ends.
   * @param foreignRuns other dev servers running on this project; they delete their own backends' logs
   * @throws the system's error if the logs can't be listed
   */
  prune(foreignRuns: ReadonlySet<string>): void {
    const ended = this.list().filter(({ owner }) => !this.#open.has(owner.backendId) && !foreignRuns.has(owner.runId));
    this.#ended = ended.map(({ folder }) => ({ folder, bytes: sizeOf(folder) }));
    this.#deleteOldest(this.#ended);
  }

  #hasEnded({ owner, folder }: BackendLog): void {
    if (!this.#open.delete(owner.backendId)) return;
    // Measures only this log: 200 backends that end at once must not read the whole folder 200 times.
    this.#ended?.push({ folder, bytes: sizeOf(folder) });
    if (this.#ended !== undefined) this.#deleteOldest(this.#ended);
  }

  #deleteOldest(ended: EndedLog[]): void {
    let bytes = ended.reduce((sum, log) => sum + log.bytes, 0);
    while (ended.length > MAX_LOGS || bytes > MAX_TOTAL_BYTES) {
      const oldest = ended.shift() as EndedLog;
      bytes -= oldest.bytes;
      try {
        rmSync(oldest.folder, { recursive: true, force: true });
        const index = this.#created.findIndex(({ folder }) => folder === oldest.folder);
        if (index >= 0) this.#created.splice(index, 1);
      } catch (error) {
        noteHandled('logs', 'removing a log', error);
        // A log that can't be deleted, such as another user's, must not block the deletion of others.
      }
    }
  }
}

/** Lists the logs in a project's log folders, oldest first. Needs no dev server. */
export function listStoredLogs(...folders: readonly string[]): StoredLog[] {
  return folders
    .flatMap((folder) => foldersIn(folder))
    .flatMap((folder) => readStoredLog(folder) ?? [])
    .sort((a, b) => a.owner.createdAt.localeCompare(b.owner.createdAt));
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name));
  } catch (error) {
    if (isShortage(error)) throw error;
    return [];
  }
}

/** @returns the logs that a name refers to; see {@link findByName} */
export function findLogs(name: string, logs: readonly StoredLog[], isRunning: (id: string) => boolean): StoredLog[] {
  return findByName(name, logs, ({ owner }) => ({
    id: owner.backendId,
    service: owner.service,
    key: owner.key,
    isRunning: isRunning(owner.backendId),
    createdAt: owner.createdAt,
  }));
}

/**
 * Returns the backends of logs that nothing writes to anymore.
 * @param running the running dev servers; a backend that one of them started and whose log has no end is still running
 */
export function endedBackends(logs: readonly StoredLog[], running: readonly { runId: string }[]): DevBackend[] {
  const runs = new Set(running.map(({ runId }) => runId));
  return logs.flatMap(({ owner, folder }) => {
    const end = readBackendEnd(folder);
    return end === undefined && runs.has(owner.runId) ? [] : [toEndedBackend(owner, end)];
  });
}

/**
 * Returns the logs of crashed backends, oldest first.
 * @param name returns only the newest one with this name; undefined: all
 * @throws JamdevError `BackendNotFound` if none with this name has crashed
 */
export function crashedLogs(logs: readonly StoredLog[], name: string | undefined): StoredLog[] {
  const crashed = logs.filter(({ folder }) => hasCrashed(readBackendEnd(folder)));
  if (name === undefined) return crashed;
  const found = findLogs(name, crashed, () => false);
  if (found.length === 0) throw backendErrors.noCrash(name);
  return found;
}

function readStoredLog(folder: string): StoredLog | undefined {
  try {
    const owner: unknown = JSON.parse(readOwnFile(join(folder, 'owner.json')) ?? 'null');
    return isOwner(owner) ? { owner, folder } : undefined;
  } catch (error) {
    if (isShortage(error)) throw error;
    return undefined;
  }
}

/** Whether a value is a valid owner. One foreign file in the folder must not hide all the logs. */
function isOwner(value: unknown): value is LogOwner {
  const { backendId, createdAt } = (value ?? {}) as Partial<LogOwner>;
  return typeof backendId === 'string' && typeof createdAt === 'string';
}

function sizeOf(folder: string): number {
  try {
    // The oldest part of a log may be removed at this moment.
    const sizes = readdirSync(folder).map((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0);
    return sizes.reduce((sum, size) => sum + size, 0);
  } catch (error) {
    noteHandled('logs', 'measuring a log', error);
    return 0;
  }
}
