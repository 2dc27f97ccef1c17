import { environmentOf, hasProc, listProcesses, type ProcessEntry } from './process-table.js';

/** Marks the processes of a build as `SESSION_BACKEND_ID` marks those of a backend. */
export const BUILD_ID_VARIABLE = 'JAMDEV_BUILD_ID';
/** Marks a process that stands by and is no backend yet, by an id that no other process on this machine has. */
export const SLOT_VARIABLE = 'JAMDEV_SLOT';
const ID_VARIABLE = new RegExp(`^(?:SESSION_BACKEND_ID|${BUILD_ID_VARIABLE}|${SLOT_VARIABLE})=`);
const NONE: readonly ProcessEntry[] = [];

/** The ids of backends and builds in the environment of a process; none where the system does not show it. */
type IdsOf = (entry: ProcessEntry) => ReadonlySet<string>;

/**
 * The processes of the machine at one moment, by what a tree is found by. The tables are made once for all trees that
 * are looked for in it: with 200 backends, a search through all processes for each of them took most of the time.
 */
export class ProcessSnapshot {
  readonly #byPid = new Map<number, ProcessEntry>();
  readonly #byGroup: ReadonlyMap<number, readonly ProcessEntry[]>;
  readonly #byParent: ReadonlyMap<number, readonly ProcessEntry[]>;
  readonly #byBackend = new Map<string, ProcessEntry[]>();
  /** Processes whose environment was not read yet, the youngest last. */
  readonly #unread: ProcessEntry[];

  readonly #idsOf: IdsOf;

  /** @param idsOf reads the ids of backends and builds in the environment of a process */
  constructor(entries: readonly ProcessEntry[], idsOf: IdsOf = readIds) {
    this.#idsOf = idsOf;
    for (const entry of entries) this.#byPid.set(entry.pid, entry);
    this.#byGroup = groupBy(entries, ({ pgid }) => pgid);
    this.#byParent = groupBy(entries, ({ ppid }) => ppid);
    this.#unread = entries.filter(({ pid }) => pid !== process.pid).sort((a, b) => a.startedAt - b.startedAt);
  }

  /** Whether other users' processes are shown as well; systems can hide them (`hidepid`), the first process too. */
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
   * Finds the processes with the id of a backend or a build in their environment; none where the system does not show environments.
   * @param since only processes that started then or later; no other environment is read
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
      // Only now: if reading fails, the next search has to try again.
      this.#unread.pop();
    }
    return this.#byBackend.get(id) ?? NONE;
  }
}

/** Takes snapshots of the processes of the machine. */
export class SnapshotSource {
  readonly #exact = new SharedSnapshot(() => readIds);
  readonly #cheap = new SharedSnapshot((entries) => this.#foundIds.among(entries));
  readonly #foundIds = new FoundIds();

  /**
   * Takes a snapshot; callers of the same moment share one.
   * @throws JamdevError `ProcessTableUnreadable`
   */
  take(): Promise<ProcessSnapshot> {
    return this.#exact.take();
  }

  /**
   * The same, but reads no environment again in which an id was found: for those who only add up what trees use. A process
   * that has since taken on the environment of another backend still counts for the first.
   * @throws JamdevError `ProcessTableUnreadable`
   */
  takeCheaply(): Promise<ProcessSnapshot> {
    return this.#cheap.take();
  }
}

/** One snapshot for all callers of the same moment. */
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

/** Remembers the ids that were found in environments. One without an id is read again: it may get one when it is executed. */
class FoundIds {
  #known = new Map<string, ReadonlySet<string>>();

  /** Forgets processes that are not among some entries. */
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
 * Whether a process belongs to a backend or a build: by its environment where the system shows that (to its own user only),
 * else by its ancestors.
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
