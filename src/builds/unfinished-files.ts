import { basename } from 'node:path';
import type { Clock } from '../os/clock.js';
import { ignoreError } from '../os/debug/debug-log.js';
import { type FileWriter, findFileWriters, isStillWriting } from '../processes/file-writers.js';
import { isOfJamdev } from '../processes/process-snapshot.js';
import { argumentsOf, hasProc } from '../processes/process-table.js';
import { type Change, MISSING } from '../watch/change.js';

/** More changed files than this are a checkout or a copy, in which each file is open only briefly. */
const MAX_FILES = 100;
/** How often to check whether files were closed: soon after a change, then less and less often. */
const FIRST_LOOK_MS = 25;
const LAST_LOOK_MS = 1_000;

/** A program that has a file open for writing. */
export interface OpenFile {
  /** Relative to the service's folder. */
  path: string;
  pid: number;
  /** The name of its program; '' if the system does not tell. Without arguments, since they can contain secrets. */
  program: string;
}

interface Held {
  change: Change;
  writer: FileWriter;
}

/**
 * Holds back changes of files that a program has open for writing, because they are not complete yet. Otherwise, a log about
 * sessions, written by `tee` or a shell's `>`, would start a build with each line, which causes the next line. When a file
 * is closed, its change counts. For backends and builds there is better evidence (backend-evidence.ts, build-triggers.ts).
 *
 * Without Linux's /proc the check is slow, so a file's first change starts a build anyway.
 */
export class UnfinishedFiles {
  readonly #clock: Clock;
  readonly #onClosed: (changes: Change[]) => void;
  readonly #onOpen: (file: OpenFile) => void;
  /** By absolute path. */
  readonly #held = new Map<string, Held>();
  /** Absolute paths of files that have changed at least once. */
  readonly #changed = new Set<string>();
  /** Files that were reported with {@link OpenFile}. */
  readonly #said = new Set<string>();
  #cancelLook: (() => void) | undefined;
  #closed = false;

  /**
   * @param onClosed receives held changes once their files are closed
   * @param onOpen called once for each file that keeps changing while it is open
   */
  constructor(clock: Clock, onClosed: (changes: Change[]) => void, onOpen: (file: OpenFile) => void) {
    this.#clock = clock;
    this.#onClosed = onClosed;
    this.#onOpen = onOpen;
  }

  /**
   * Holds back the changes whose files are not complete.
   * @returns their absolute paths
   */
  async hold(changes: readonly Change[]): Promise<ReadonlySet<string>> {
    const suspects = changes.length > MAX_FILES ? [] : changes.filter((change) => this.#isSuspect(change));
    const byPath = new Map<string, FileWriter>();
    for (const writer of await findFileWriters(suspects.map(({ absolute }) => absolute))) {
      const isOwn = await isOfJamdev(writer.pid).catch(ignoreError('builds', 'listing processes', true));
      if (!isOwn) byPath.set(writer.path, writer);
    }
    if (this.#closed) return new Set();
    for (const change of changes) this.#note(change, byPath.get(change.absolute));
    if (byPath.size > 0) this.#lookIn(FIRST_LOOK_MS);
    return new Set(byPath.keys());
  }

  close(): void {
    this.#closed = true;
    this.#cancelLook?.();
    this.#held.clear();
  }

  #isSuspect({ now, absolute }: Change): boolean {
    return now !== MISSING && (hasProc() || this.#changed.has(absolute));
  }

  #note(change: Change, writer: FileWriter | undefined): void {
    const { path, absolute } = change;
    if (!hasProc()) this.#changed.add(absolute);
    const known = this.#held.get(absolute);
    if (writer === undefined) {
      this.#held.delete(absolute);
      return;
    }
    const before = known === undefined ? change.before : known.change.before;
    this.#held.set(absolute, { change: { ...change, before }, writer });
    if (known === undefined || this.#said.has(absolute)) return;
    this.#said.add(absolute);
    void argumentsOf(writer.pid).then(([program = '']) =>
      this.#onOpen({ path, pid: writer.pid, program: basename(program) }),
    );
  }

  #lookIn(ms: number): void {
    this.#cancelLook?.();
    this.#cancelLook = this.#clock.after(ms, () => {
      this.#look(ms).catch(ignoreError('builds', 'looking whether files were closed'));
    });
  }

  async #look(waitedMs: number): Promise<void> {
    this.#cancelLook = undefined;
    const closed: Change[] = [];
    for (const [path, held] of this.#held) {
      if ((await isStillWriting(held.writer)) || this.#held.get(path) !== held) continue;
      this.#held.delete(path);
      closed.push(held.change);
    }
    if (this.#closed) return;
    if (this.#held.size > 0) this.#lookIn(Math.min(2 * waitedMs, LAST_LOOK_MS));
    if (closed.length > 0) this.#onClosed(closed);
  }
}
