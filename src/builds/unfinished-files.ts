import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Clock, pause } from '../os/clock.js';
import { ignoreError } from '../os/debug/debug-log.js';
import { filesOpenForWriting } from '../processes/open-files.js';
import { isOfJamdev } from '../processes/process-snapshot.js';
import { argumentsOf, hasProc, listProcesses } from '../processes/process-table.js';
import { type Change, MISSING } from '../watch/change.js';

/** More changed files than this are a checkout or a copy, of which each file is open for a moment. */
const MAX_FILES = 100;
/** How often to look whether files were closed: soon after a change, and then more and more seldom. */
const FIRST_LOOK_MS = 25;
const LAST_LOOK_MS = 1_000;
/** How many processes are looked at before anything else gets a turn. */
const PROCESSES_AT_ONCE = 10;

/** A program that has a file open for writing. */
export interface OpenFile {
  /** Relative to the service's folder. */
  path: string;
  pid: number;
  /** The name of its program, '' where the system does not tell. Arguments can hold secrets. */
  program: string;
}

interface Held {
  change: Change;
  file: string;
  pid: number;
  isSaid: boolean;
}

/**
 * Holds back changes to files that a program has open for writing: they are not saved yet. A log that `tee`, or a shell's
 * `>`, writes about sessions would start a build with each line, which brings the next line. When a file is closed, its
 * change counts. Backends and builds are judged by better evidence (backend-evidence.ts, build-triggers.ts).
 *
 * Linux only: elsewhere nothing tells which files are open without taking seconds for it.
 */
export class UnfinishedFiles {
  readonly #clock: Clock;
  readonly #onClosed: (changes: Change[]) => void;
  readonly #onOpen: (file: OpenFile) => void;
  /** By absolute path. */
  readonly #held = new Map<string, Held>();
  #cancelLook: (() => void) | undefined;
  #lookAfterMs = FIRST_LOOK_MS;
  #closed = false;

  /**
   * @param onClosed receives held changes once their files are closed
   * @param onOpen told once of a file that goes on changing while it is open
   */
  constructor(clock: Clock, onClosed: (changes: Change[]) => void, onOpen: (file: OpenFile) => void) {
    this.#clock = clock;
    this.#onClosed = onClosed;
    this.#onOpen = onOpen;
  }

  /**
   * Holds back those of the changes whose files are not finished.
   * @returns their absolute paths
   */
  async hold(changes: readonly Change[]): Promise<ReadonlySet<string>> {
    const written = changes.filter(({ now }) => now !== MISSING);
    for (const { absolute } of changes)
      if (!written.some((each) => each.absolute === absolute)) this.#held.delete(absolute);
    if (this.#closed || written.length === 0 || written.length > MAX_FILES || !hasProc()) return new Set();
    const open = await findWriters(written.map(({ absolute }) => absolute));
    for (const change of written) {
      const writer = open.get(change.absolute);
      const before = this.#held.get(change.absolute);
      if (writer === undefined) this.#held.delete(change.absolute);
      else this.#hold(change, writer, before);
    }
    if (open.size > 0) this.#lookSoon();
    return new Set(open.keys());
  }

  close(): void {
    this.#closed = true;
    this.#cancelLook?.();
    this.#held.clear();
  }

  #hold(change: Change, { pid, file }: Writer, before: Held | undefined): void {
    const isSaid = before?.isSaid === true;
    const whole = before === undefined ? change : { ...change, before: before.change.before };
    this.#held.set(change.absolute, { change: whole, file, pid, isSaid: before !== undefined });
    if (before === undefined || isSaid) return;
    const { path } = change;
    void argumentsOf(pid).then(([program = '']) => this.#onOpen({ path, pid, program: basename(program) }));
  }

  #lookSoon(): void {
    this.#cancelLook?.();
    this.#lookAfterMs = FIRST_LOOK_MS;
    this.#cancelLook = this.#clock.after(this.#lookAfterMs, () => this.#look());
  }

  #look(): void {
    const isOpen = ({ change, pid, file }: Held) =>
      openFiles(pid, [change.absolute]).some((each) => each.file === file);
    const closed = [...this.#held.values()].filter((each) => !isOpen(each)).map(({ change }) => change);
    for (const { absolute } of closed) this.#held.delete(absolute);
    this.#lookAfterMs = Math.min(2 * this.#lookAfterMs, LAST_LOOK_MS);
    this.#cancelLook = this.#held.size === 0 ? undefined : this.#clock.after(this.#lookAfterMs, () => this.#look());
    if (closed.length > 0) this.#onClosed(closed);
  }
}

interface Writer {
  pid: number;
  /** "device:inode". */
  file: string;
}

/** Finds who has files open for writing, apart from jamdev, its backends and its builds. @returns by absolute path */
async function findWriters(paths: readonly string[]): Promise<Map<string, Writer>> {
  const wanted = new Map<string, string[]>();
  for (const path of paths) {
    const stats = await stat(path, { bigint: true }).catch(ignoreError('builds', 'looking at a changed file'));
    if (stats?.isFile() !== true) continue;
    const file = `${stats.dev}:${stats.ino}`;
    wanted.set(file, [...(wanted.get(file) ?? []), path]);
  }
  const writers = new Map<string, Writer>();
  if (wanted.size === 0) return writers;
  const processes = await listProcesses().catch(ignoreError('builds', 'listing processes', []));
  for (const [index, { pid }] of processes.entries()) {
    if (index % PROCESSES_AT_ONCE === 0) await pause(0);
    const held = pid === process.pid ? [] : openFiles(pid, paths).filter(({ file }) => wanted.has(file));
    if (held.length === 0 || isOfJamdev(pid)) continue;
    for (const { file } of held) for (const path of wanted.get(file) ?? []) writers.set(path, { pid, file });
  }
  return writers;
}

/** The open files of a process that have a name of some files: in a container, the folders above are others. */
function openFiles(pid: number, paths: readonly string[]): ReturnType<typeof filesOpenForWriting> {
  const names = new Set(paths.map((path) => basename(path)));
  return filesOpenForWriting(pid, (path) => names.has(basename(path)));
}
