import type { LogRecordJson } from '../contract/dev-endpoints.js';
import { describeStatus } from '../contract/status-words.js';
import { readBackendEnd, toEndedBackend } from './backend-end.js';
import type { BackendLog, LogOwner } from './backend-log.js';
import type { LogRecord } from './log-format.js';
import { LogReader } from './log-reader.js';
import type { LogStore, StoredLog } from './log-store.js';
import { UnfinishedLines } from './unfinished-lines.js';

export interface ReadLogsOptions {
  /** Lists the logs to read, oldest first. Called again while following, since new backends may start. */
  list(): StoredLog[];
  /** Return only this many of the existing lines, plus the ends of backends. */
  tail?: number | undefined;
  /** Continue with live lines until `mayGrow` returns false. */
  follow: boolean;
  /** Also report unfinished lines, after all complete ones. Needs a store. */
  unfinished?: boolean;
  /** Returns whether more lines or logs can still appear. */
  mayGrow(): boolean;
  /**
   * Returns whether the dev server of a log has exited. The reader then gets an end even if none was written. Default:
   * false.
   */
  isAbandoned?(owner: LogOwner): boolean;
}

export interface OwnedRecord {
  owner: LogOwner;
  record: LogRecord;
  /** The line is not finished yet. The next record of the same backend and source replaces it. */
  unfinished?: true;
}

/** @returns the wire form of a line of a log */
export function toLogRecordJson({ owner, record, unfinished }: OwnedRecord): LogRecordJson {
  return {
    time: new Date(record.timeMs).toISOString(),
    backend: owner.backendId,
    service: owner.service,
    key: owner.key,
    key_given: owner.keyGiven ?? true,
    source: record.source,
    text: record.text,
    ...(unfinished && { unfinished }),
    ...(record.isEnd && { end: true }),
  };
}

/** A log that is being read. `head` is its next line, already fetched. `dry` means that the last read found nothing more. */
interface Source {
  owner: LogOwner;
  folder: string;
  reader: LogReader;
  head: LogRecord | undefined;
  dry: boolean;
  /** Whether the log has ended and was read completely. It is never read again. */
  finished: boolean;
  /** The last record that was read. */
  last: LogRecord | undefined;
}

/**
 * Reads logs as one stream, ordered by time: first the existing lines, then live ones. The reader pulls, so a slow one holds
 * up nobody and needs no buffer.
 * @param store reports new lines; needed only with `follow`
 */
export async function* readLogs(
  options: ReadLogsOptions,
  signal: AbortSignal,
  store?: LogStore,
): AsyncGenerator<OwnedRecord, void> {
  const sources = new Map<string, Source>();
  const addNew = () => {
    for (const { owner, folder } of options.list()) {
      if (sources.has(owner.backendId)) continue;
      sources.set(owner.backendId, {
        owner,
        folder,
        reader: new LogReader(folder),
        head: undefined,
        dry: false,
        finished: false,
        last: undefined,
      });
    }
  };
  const changes = store === undefined ? undefined : new Changes(store, signal);
  const unfinished = options.unfinished && store !== undefined ? new UnfinishedLines(store) : undefined;
  try {
    addNew();
    if (options.tail !== undefined) yield* await lastOf(sources, options, store);
    while (!signal.aborted) {
      // Both are read before the lines, so that a change in between is not missed.
      const seen = changes?.count ?? 0;
      changes?.printing.clear();
      const mayGrow = options.mayGrow();
      const take = () => takeOldest(sources, options, store);
      for (let next = await take(); next !== undefined; next = await take()) {
        unfinished?.finish(next);
        yield next;
        if (signal.aborted) return;
      }
      for (const { owner } of unfinished === undefined ? [] : sources.values()) {
        // If a backend has printed meanwhile, its complete lines come first.
        if (changes?.printing.has(owner.backendId)) continue;
        yield* unfinished?.changed(owner) ?? [];
      }
      if (!options.follow || !mayGrow || changes === undefined) return;
      await changes.beyond(seen);
      for (const source of sources.values()) source.dry = source.finished;
      addNew();
    }
  } finally {
    changes?.stop();
    await Promise.all([...sources.values()].map(({ reader }) => reader.close()));
  }
}

async function lastOf(
  sources: Map<string, Source>,
  options: ReadLogsOptions,
  store: LogStore | undefined,
): Promise<OwnedRecord[]> {
  const count = options.tail ?? Number.POSITIVE_INFINITY;
  const last: OwnedRecord[] = [];
  const take = () => takeOldest(sources, options, store);
  for (let next = await take(); next !== undefined; next = await take()) {
    last.push(next);
    if (last.length > count * 2 + 1_000) last.splice(0, indexOfTail(last, count));
  }
  return count === 0 ? [] : last.slice(indexOfTail(last, count));
}

/** Returns the index at which the last lines begin. Records of how backends ended don't count. */
function indexOfTail(records: readonly OwnedRecord[], count: number): number {
  let index = records.length;
  for (let lines = 0; index > 0; index -= 1) {
    if (!records[index - 1]?.record.isEnd) lines += 1;
    if (lines > count) break;
  }
  return index;
}

async function takeOldest(
  sources: Map<string, Source>,
  options: ReadLogsOptions,
  store: LogStore | undefined,
): Promise<OwnedRecord | undefined> {
  let oldest: Source | undefined;
  for (const source of sources.values()) {
    if (source.head === undefined && !source.dry) {
      // Read before the lines, so that a last line in between is not missed.
      const ended = store !== undefined && !store.isOpen(source.owner.backendId);
      source.head = (await source.reader.read()) ?? missingEnd(source, options);
      source.dry = source.head === undefined;
      if (source.dry && ended) {
        source.finished = true;
        await source.reader.close();
      }
    }
    if (source.head === undefined) continue;
    if (oldest?.head === undefined || source.head.timeMs < oldest.head.timeMs) oldest = source;
  }
  if (oldest?.head === undefined) return undefined;
  const record = oldest.head;
  oldest.head = undefined;
  oldest.last = record;
  return { owner: oldest.owner, record };
}

/** Returns the end of a backend whose log has none, because its dev server was killed or is an earlier version. */
function missingEnd({ owner, folder, last }: Source, { isAbandoned }: ReadLogsOptions): LogRecord | undefined {
  if (last?.isEnd || !isAbandoned?.(owner)) return undefined;
  const { status, explanation } = toEndedBackend(owner, readBackendEnd(folder));
  const timeMs = last?.timeMs ?? Date.parse(owner.createdAt);
  return { timeMs, source: 'jamdev', text: describeStatus(status, { explanation }), isEnd: true };
}

/** Counts the changes of a store and waits for the next one. */
class Changes {
  count = 0;
  /** Backends that have printed since this set was cleared. */
  readonly printing = new Set<string>();
  readonly #store: LogStore;
  readonly #signal: AbortSignal;
  #wake: () => void = () => undefined;

  constructor(store: LogStore, signal: AbortSignal) {
    this.#store = store;
    this.#signal = signal;
    store.events.on('lines', this.#onLines);
    store.events.on('unfinished', this.#onChange);
    signal.addEventListener('abort', this.#onAbort);
  }

  /** Waits until there are more changes than a count, or the signal aborts. */
  async beyond(count: number): Promise<void> {
    if (this.count > count || this.#signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  stop(): void {
    this.#store.events.off('lines', this.#onLines);
    this.#store.events.off('unfinished', this.#onChange);
    this.#signal.removeEventListener('abort', this.#onAbort);
  }

  readonly #onLines = ({ owner }: BackendLog): void => {
    this.printing.add(owner.backendId);
    this.#onChange();
  };

  readonly #onChange = (): void => {
    this.count += 1;
    this.#wake();
  };

  readonly #onAbort = (): void => this.#wake();
}
