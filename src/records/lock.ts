import { createHash } from 'node:crypto';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { noteHandled } from '../os/debug/debug-log.js';
import { findProcess } from '../processes/process-table.js';
import { DeletionNotice } from './deletion-notice.js';
import { isLifelineHeld, Lifeline, removeLifeline } from './lifeline.js';
import { readOwnFile, writeNewOwnFile, writeOwnFile } from './own-file.js';
import { makeOwnFolder, makeParents } from './own-folder.js';
import type { LockPlace } from './project-lock.js';

const NAME_CHARACTERS = 20;
/** How soon a deleted lock is created again if the system does not report the deletion. */
const RESTORE_INTERVAL_MS = 2_000;

/** A power loss also ends the holders, so lock files need not survive it. */
const DURABLE = false;

/** The current or last holder of a lock. */
export interface LockNote {
  pid: number;
  startId: string;
  /** The holder's lifeline, inside the lock folder; undefined if it could not create one. */
  lifeline: string | undefined;
  /** Data from the holder for other processes that want the lock; undefined until it is set. */
  told: unknown;
  released: boolean;
}

/** The outcome of trying to take a lock. */
export type LockOutcome =
  /** `afterCrash`: the previous holder exited without releasing the lock. */
  { lock: Lock; afterCrash: boolean; holder?: never } | { lock?: never; afterCrash?: never; holder: LockNote };

/**
 * Takes a lock that only one process can hold at a time, or returns its holder. When a process exits for any reason, its
 * lock becomes free.
 *
 * The holders of a lock are numbered. When the process with the highest number no longer holds the lock, another process
 * takes it by creating the file with the next number. Only one process can succeed (link(2)). Numbers never decrease: the
 * file with the highest number stays, and a process with a lower number does not hold the lock. So unlike a takeover of a
 * single file, this never replaces a file that another process may have just created. See docs/decisions.
 * @param place in a folder that only this user can access
 * @throws the system's error if the folder can't be written
 */
export async function takeLock({ folder, name }: LockPlace): Promise<LockOutcome> {
  makeOwnFolder(folder);
  const prefix = createHash('sha256').update(name).digest('hex').slice(0, NAME_CHARACTERS);
  const lifeline = await Lifeline.open(folder);
  const own: LockNote = {
    pid: process.pid,
    startId: (await findProcess(process.pid))?.startId ?? '',
    lifeline: lifeline?.name,
    told: undefined,
    released: false,
  };
  try {
    for (;;) {
      const newest = newestNumber(folder, prefix);
      const before = newest === 0 ? undefined : readNote(pathOf(folder, prefix, newest));
      if (before !== undefined && (await isHeld(folder, before))) {
        lifeline?.close();
        return { holder: before };
      }
      const path = pathOf(folder, prefix, newest + 1);
      if (!writeNewOwnFile(path, JSON.stringify(own), DURABLE)) continue;
      if (newestNumber(folder, prefix) > newest + 1) {
        rmSync(path, { force: true });
        continue;
      }
      removeOlder(folder, prefix, newest + 1);
      if (before?.lifeline !== undefined) removeLifeline(folder, before.lifeline);
      return {
        lock: new Lock({ folder, prefix, number: newest + 1 }, own, lifeline),
        afterCrash: before !== undefined && !before.released,
      };
    }
  } catch (error) {
    lifeline?.close();
    throw error;
  }
}

/** Returns the current holder of a lock; undefined if there is none. */
export async function findHolder({ folder, name }: LockPlace): Promise<LockNote | undefined> {
  const prefix = createHash('sha256').update(name).digest('hex').slice(0, NAME_CHARACTERS);
  const newest = newestNumber(folder, prefix);
  const note = newest === 0 ? undefined : readNote(pathOf(folder, prefix, newest));
  return note !== undefined && (await isHeld(folder, note)) ? note : undefined;
}

/** A lock that this process holds. */
export class Lock {
  readonly #folder: string;
  readonly #prefix: string;
  readonly #notice: DeletionNotice;
  readonly #restoring: NodeJS.Timeout;
  #number: number;
  #lifeline: Lifeline | undefined;
  #note: LockNote;
  #isRestoring = false;

  constructor(
    place: { folder: string; prefix: string; number: number },
    note: LockNote,
    lifeline: Lifeline | undefined,
  ) {
    this.#folder = place.folder;
    this.#prefix = place.prefix;
    this.#number = place.number;
    this.#note = note;
    this.#lifeline = lifeline;
    this.#notice = new DeletionNotice(this.#path, () => void this.#restore());
    this.#restoring = setInterval(() => void this.#restore(), RESTORE_INTERVAL_MS);
    this.#restoring.unref();
  }

  /** Publishes data for other processes that want the lock. */
  tell(value: unknown): void {
    this.#write({ ...this.#note, told: value });
  }

  /** Releases the lock; safe to call again. */
  release(): void {
    if (this.#note.released) return;
    clearInterval(this.#restoring);
    this.#notice.close();
    this.#write({ ...this.#note, released: true });
    this.#lifeline?.close();
  }

  get #path(): string {
    return pathOf(this.#folder, this.#prefix, this.#number);
  }

  #write(note: LockNote): void {
    this.#note = note;
    try {
      writeOwnFile(this.#path, JSON.stringify(note), DURABLE);
    } catch (error) {
      noteHandled('state', 'writing a lock', error);
      // The disk may be full, for example. The lock still becomes free when this process exits.
    }
  }

  /**
   * Recreates the lock after `rm -rf` of the state, so that no other process considers it free. If another process has taken
   * it meanwhile, that process keeps it until it exits.
   */
  async #restore(): Promise<void> {
    if (this.#isRestoring || existsSync(this.#path)) return;
    this.#isRestoring = true;
    try {
      makeParents(this.#folder);
      makeOwnFolder(this.#folder);
      const newest = newestNumber(this.#folder, this.#prefix);
      const other = newest === 0 ? undefined : readNote(pathOf(this.#folder, this.#prefix, newest));
      if (other !== undefined && (await isHeld(this.#folder, other))) return;
      // The socket was deleted as well. A new one must exist before the lock file refers to it.
      const lifeline = await Lifeline.open(this.#folder);
      const note = { ...this.#note, lifeline: lifeline?.name };
      const path = pathOf(this.#folder, this.#prefix, newest + 1);
      if (this.#note.released || !writeNewOwnFile(path, JSON.stringify(note), DURABLE)) return lifeline?.close();
      this.#lifeline?.close();
      [this.#number, this.#note, this.#lifeline] = [newest + 1, note, lifeline];
    } catch (error) {
      noteHandled('state', 'restoring a lock', error);
      // The next check tries again.
    } finally {
      this.#isRestoring = false;
      if (!this.#note.released) this.#notice.watch(this.#path);
    }
  }
}

function pathOf(folder: string, prefix: string, number: number): string {
  return join(folder, `${prefix}.${number}`);
}

async function isHeld(folder: string, { pid, startId, lifeline, released }: LockNote): Promise<boolean> {
  if (released) return false;
  const held = lifeline === undefined ? undefined : await isLifelineHeld(folder, lifeline);
  if (held !== undefined) return held;
  const found = await findProcess(pid);
  return found !== undefined && found.startId === startId && !found.zombie;
}

function newestNumber(folder: string, prefix: string): number {
  return Math.max(0, ...numbersIn(folder, prefix));
}

function numbersIn(folder: string, prefix: string): number[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => {
    const [stem, number = ''] = name.split('.');
    return stem === prefix && /^\d+$/.test(number) && name === `${stem}.${number}` ? [Number(number)] : [];
  });
}

function removeOlder(folder: string, prefix: string, newest: number): void {
  for (const number of numbersIn(folder, prefix)) {
    if (number < newest) rmSync(pathOf(folder, prefix, number), { force: true });
  }
}

/** @returns undefined for a file that jamdev did not write */
function readNote(path: string): LockNote | undefined {
  try {
    const note = JSON.parse(readOwnFile(path) ?? 'null') as Partial<LockNote> | null;
    if (typeof note?.pid !== 'number' || typeof note.startId !== 'string') return undefined;
    const { pid, startId, lifeline, told, released } = note;
    // Accept only a plain name: a path could point to another folder.
    const safe = typeof lifeline === 'string' && /^\w+\.s$/.test(lifeline) ? lifeline : undefined;
    return { pid, startId, lifeline: safe, told, released: released === true };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
