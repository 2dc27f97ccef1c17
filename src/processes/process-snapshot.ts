import { environmentOf, hasProc, listProcesses, type ProcessEntry } from './process-table.js';

/** Marks the processes of a build, as `SESSION_BACKEND_ID` marks those of a backend. */
export const BUILD_ID_VARIABLE = 'JAMDEV_BUILD_ID';
/** Marks a standby process that is not a backend yet, with an id that is unique on this machine. */
export const SLOT_VARIABLE = 'JAMDEV_SLOT';
const ID_VARIABLE = new RegExp(`^(?:SESSION_BACKEND_ID|${BUILD_ID_VARIABLE}|${SLOT_VARIABLE})=`);
const NONE: readonly ProcessEntry[] = [];

/** Returns the ids of backends and builds in a process's environment; none if the system does not show it. */
type IdsOf = (entry: ProcessEntry) => ReadonlySet<string>;

/**
 * The machine's processes at one moment, indexed for finding trees. The indexes are built once and shared by all trees: with
 * 200 backends, searching all processes for each of them took most of the time.
 */
export class ProcessSnapshot {
  readonly #byPid = new Map<number, ProcessEntry>();
  readonly #byGroup: ReadonlyMap<number, readonly ProcessEntry[]>;
  readonly #byParent: ReadonlyMap<number, readonly ProcessEntry[]>;
  readonly #byBackend = new Map<string, ProcessEntry[]>();
  /** Processes whose environment was not read yet, youngest last. */
  readonly #unread: ProcessEntry[];

  readonly #idsOf: IdsOf;

  /** @param idsOf reads the ids of backends and builds in a process's environment */
  constructor(entries: readonly ProcessEntry[], idsOf: IdsOf = readIds) {
    this.#idsOf = idsOf;
    for (const entry of entries) this.#byPid.set(entry.pid, entry);
    this.#byGroup = groupBy(entries, ({ pgid }) => pgid);
    this.#byParent = groupBy(entries, ({ ppid }) => ppid);
    this.#unread = entries.filter(({ pid }) => pid !== process.pid).sort((a, b) => a.startedAt - b.startedAt);
  }

  /** Whether other users' processes are included. Systems can hide them (`hidepid`), and then process 1 is missing too. */
  get isComplete(): boolean {
    return this.#byPid.has(1);
  }

  find(pid: number): ProcessEntry | undefined {
    return this.#byPid.get(pid);
  }

  group(pgid: number): readonly ProcessEntry[] {
    return this.#byGroup.get(pgid) ?? NONE;
  }

  childrenOf(pid: number): readonly ProcessEntry[] {
    return this.#byParent.get(pid) ?? NONE;
  }

  /**
   * Finds the processes with the id of a backend or a build in their environment; none if the system does not show
   * environments.
   * @param since only processes that started at this time or later; no older environments are read
   */
  withBackendId(id: string, since: number): readonly ProcessEntry[] {
    for (
      let entry = this.#unread.at(-1);
      entry !== undefined && entry.startedAt >= since;
      entry = this.#unread.at(-1)
    ) {
      for (const each of this.#idsOf(entry)) {
        const known = this.#byBackend.get(each);
        if (known === undefined) this.#byBackend.set(each, [entry]);
        else known.push(entry);
      }
      // Removed only now: if reading fails, the next search must try again.
      this.#unread.pop();
    }
    return this.#byBackend.get(id) ?? NONE;
  }
}

/** Takes snapshots of the machine's processes. */
export class SnapshotSource {
  readonly #exact = new SharedSnapshot(() => readIds);
  readonly #cheap = new SharedSnapshot((entries) => this.#foundIds.among(entries));
  readonly #foundIds = new FoundIds();

  /**
   * Takes a snapshot. Concurrent callers share one.
   * @throws JamdevError `ProcessTableUnreadable`
   */
  take(): Promise<ProcessSnapshot> {
    return this.#exact.take();
  }

  /**
   * Like {@link take}, but does not read an environment again once an id was found in it. For callers that only sum up the
   * usage of trees. A process that has since switched to another backend's environment still counts for the first one.
   * @throws JamdevError `ProcessTableUnreadable`
   */
  takeCheaply(): Promise<ProcessSnapshot> {
    return this.#cheap.take();
  }
}

/** Shares one snapshot among concurrent callers. */
class SharedSnapshot {
  readonly #idsAmong: (entries: readonly ProcessEntry[]) => IdsOf;
  #pending: Promise<ProcessSnapshot> | undefined;

  constructor(idsAmong: (entries: readonly ProcessEntry[]) => IdsOf) {
    this.#idsAmong = idsAmong;
  }

  take(): Promise<ProcessSnapshot> {
    this.#pending ??= new Promise((resolve, reject) => {
      setImmediate(() => {
        this.#pending = undefined;
        listProcesses().then((entries) => resolve(new ProcessSnapshot(entries, this.#idsAmong(entries))), reject);
      });
    });
    return this.#pending;
  }
}

/**
 * Remembers ids found in environments. An environment without an id is read again, since the process may get one with its
 * next exec.
 */
class FoundIds {
  #known = new Map<string, ReadonlySet<string>>();

  /** Forgets processes that are not among the entries. */
  among(entries: readonly ProcessEntry[]): IdsOf {
    const kept = new Map<string, ReadonlySet<string>>();
    for (const entry of entries) {
      const ids = this.#known.get(identityOf(entry));
      if (ids !== undefined) kept.set(identityOf(entry), ids);
    }
    this.#known = kept;
    return (entry) => {
      const ids = kept.get(identityOf(entry)) ?? readIds(entry);
      if (ids.size > 0) kept.set(identityOf(entry), ids);
      return ids;
    };
  }
}

function identityOf({ pid, startId }: ProcessEntry): string {
  return `${pid} ${startId}`;
}

/** Groups entries by a number. */
export function groupBy(
  entries: readonly ProcessEntry[],
  numberOf: (entry: ProcessEntry) => number,
): Map<number, ProcessEntry[]> {
  const groups = new Map<number, ProcessEntry[]>();
  for (const entry of entries) {
    const number = numberOf(entry);
    const group = groups.get(number);
    if (group === undefined) groups.set(number, [entry]);
    else group.push(entry);
  }
  return groups;
}

/**
 * Whether a process belongs to a backend or a build: by its environment if the system shows that (only to the same user),
 * otherwise by its ancestors.
 * @throws JamdevError `ProcessTableUnreadable`
 */
export async function isOfJamdev(pid: number): Promise<boolean> {
  if (hasProc()) return (environmentOf(pid) ?? []).some((variable) => ID_VARIABLE.test(variable));
  const snapshot = new ProcessSnapshot(await listProcesses());
  for (let each = snapshot.find(pid); each !== undefined; each = snapshot.find(each.ppid)) {
    if (each.pid === process.pid) return true;
  }
  return false;
}

function readIds({ pid }: ProcessEntry): ReadonlySet<string> {
  const variables = (environmentOf(pid) ?? []).filter((variable) => ID_VARIABLE.test(variable));
  return new Set(variables.map((variable) => variable.replace(ID_VARIABLE, '')));
}
