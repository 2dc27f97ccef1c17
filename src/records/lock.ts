import { createHash } from 'node:crypto';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { findProcess } from '../processes/process-table.js';
import { isLifelineHeld, Lifeline, removeLifeline } from './lifeline.js';
import { readOwnFile, writeNewOwnFile, writeOwnFile } from './own-file.js';
import { makeOwnFolder } from './own-folder.js';
import type { LockPlace } from './project-lock.js';

const NAME_CHARACTERS = 20;
/** How soon a lock is created again after someone deleted it with the rest of the state. */
const RESTORE_INTERVAL_MS = 2_000;

/** Holders end when the machine loses power, so their files need not survive that. */
const DURABLE = false;

/** Who holds, or held, a lock. */
export interface LockNote {
  pid: number;
  startId: string;
  /** Its lifeline, inside the folder of locks; undefined if there could be none. */
  lifeline: string | undefined;
  /** What the holder tells other processes that want the lock; undefined until it has told something. */
  told: unknown;
  released: boolean;
}

/** The outcome of trying to take a lock. */
export type LockOutcome =
  /** `afterCrash`: its holder before this one ended without releasing it. */
  { lock: Lock; afterCrash: boolean; holder?: never } | { lock?: never; afterCrash?: never; holder: LockNote };

/**
 * Takes a lock that one process holds at a time, or finds its holder. When a process ends for any reason, its lock is
 * free.
 *
 * The holders of a lock are numbered. A process takes it by creating the file of the next number, which only one can
 * (link(2)), after the process of the highest number has ended. Numbers never decrease: the file of the highest stays,
 * and a process with a lower number does not hold the lock. So no file that another process may have just created is
 * ever replaced, as a takeover of one file would have to. See docs/decisions.
 * @param place in a folder of this user alone
 * @throws the system's error when the folder can't be written
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
      const before = newest === 0 ? undefined : readNote(join(folder, `${prefix}.${newest}`));
      if (before !== undefined && (await isHeld(folder, before))) {
        lifeline?.close();
        return { holder: before };
      }
      const path = join(folder, `${prefix}.${newest + 1}`);
      if (!writeNewOwnFile(path, JSON.stringify(own), DURABLE)) continue;
      if (newestNumber(folder, prefix) > newest + 1) {
        rmSync(path, { force: true });
        continue;
      }
      removeOlder(folder, prefix, newest + 1);
      if (before?.lifeline !== undefined) removeLifeline(folder, before.lifeline);
      return { lock: new Lock(path, own, lifeline), afterCrash: before !== undefined && !before.released };
    }
  } catch (error) {
    lifeline?.close();
    throw error;
  }
}

/** Finds the current holder of a lock; undefined: there is none. */
export async function findHolder({ folder, name }: LockPlace): Promise<LockNote | undefined> {
  const prefix = createHash('sha256').update(name).digest('hex').slice(0, NAME_CHARACTERS);
  const newest = newestNumber(folder, prefix);
  const note = newest === 0 ? undefined : readNote(join(folder, `${prefix}.${newest}`));
  return note !== undefined && (await isHeld(folder, note)) ? note : undefined;
}

/** A lock that this process holds. */
export class Lock {
  readonly #path: string;
  readonly #lifeline: Lifeline | undefined;
  readonly #restoring: NodeJS.Timeout;
  #note: LockNote;

  constructor(path: string, note: LockNote, lifeline: Lifeline | undefined) {
    this.#path = path;
    this.#note = note;
    this.#lifeline = lifeline;
    this.#restoring = setInterval(() => this.#restore(), RESTORE_INTERVAL_MS);
    this.#restoring.unref();
  }

  /** Tells something to other processes that want the lock. */
  tell(value: unknown): void {
    this.#write({ ...this.#note, told: value });
  }

  /** Gives it back; safe to call again. */
  release(): void {
    if (this.#note.released) return;
    clearInterval(this.#restoring);
    this.#write({ ...this.#note, released: true });
    this.#lifeline?.close();
  }

  #write(note: LockNote): void {
    this.#note = note;
    try {
      writeOwnFile(this.#path, JSON.stringify(note), DURABLE);
    } catch {
      // For example, the disk is full: the lock is still free after this process has ended.
    }
  }

  /** After `rm -rf` of the state: no other process may consider it free. */
  #restore(): void {
    if (existsSync(this.#path)) return;
    const folder = join(this.#path, '..');
    const prefix = basename(this.#path).replace(/\.\d+$/, '');
    try {
      makeOwnFolder(folder);
      if (newestNumber(folder, prefix) === 0) writeNewOwnFile(this.#path, JSON.stringify(this.#note), DURABLE);
    } catch {
      // Tried again soon.
    }
  }
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
    if (number < newest) rmSync(join(folder, `${prefix}.${number}`), { force: true });
  }
}

/** @returns undefined for a file that jamdev did not write */
function readNote(path: string): LockNote | undefined {
  try {
    const note = JSON.parse(readOwnFile(path) ?? 'null') as Partial<LockNote> | null;
    if (typeof note?.pid !== 'number' || typeof note.startId !== 'string') return undefined;
    const { pid, startId, lifeline, told, released } = note;
    // A name, not a path that leads elsewhere.
    const safe = typeof lifeline === 'string' && /^\w+\.s$/.test(lifeline) ? lifeline : undefined;
    return { pid, startId, lifeline: safe, told, released: released === true };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
