import { execFile } from 'node:child_process';
import { closeSync, constants, openSync, rmSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ignoreError } from '../os/debug/debug-log.js';
import { ReadTurns } from '../os/read-in-turns.js';
import { pidNamespace } from './pid-namespace.js';
import { hasEnded } from './process-table.js';

/** A pipe as the shell makes it, unlike the sockets that Node.js gives to children: these can't be opened by name. */
export interface Pipe {
  /** Does not block. */
  readFd: number;
  /** Blocks. */
  writeFd: number;
}

/** How many are made at once: one process of `mkfifo` makes them all. */
const BATCH_SIZE = 8;
/** With fewer than these, more are made in the background: a backend takes two. */
const LOW = 2;

/**
 * Makes pipes. Node.js has no call for it; a FIFO that is open at both ends and has lost its name is the same thing.
 * Some are kept ready, so that no start of a backend waits for `mkfifo` (docs/decisions/007-pipes-by-mkfifo.md).
 */
export class PipePool {
  /** Shared by what reads the pipes. */
  readonly turns = new ReadTurns();
  readonly #ready: Pipe[] = [];
  readonly #mkfifo: string;
  #making: Promise<void> | undefined;
  #removing: Promise<void> | undefined;
  #isClosed = false;

  /** @param mkfifo the program that makes FIFOs */
  constructor(mkfifo = 'mkfifo') {
    this.#mkfifo = mkfifo;
  }

  /** Whether some are being made, which takes descriptors for a moment. */
  get isMaking(): boolean {
    return this.#making !== undefined;
  }

  /** Makes some, to have them when they are needed. Best effort: what fails here fails again when they are taken. */
  async fill(): Promise<void> {
    if (this.#ready.length < LOW) await this.#make().catch(ignoreError('processes', 'making pipes ahead'));
  }

  /**
   * Hands out pipes; both ends are the caller's to close.
   * @throws when they can't be made
   */
  async take(count: number): Promise<Pipe[]> {
    while (this.#ready.length < count) await this.#make();
    const pipes = this.#ready.splice(0, count);
    void this.fill();
    return pipes;
  }

  /** Makes a folder for named pipes. It is the caller's to remove; a later start does so if this program is killed. */
  async makeFolder(): Promise<string> {
    this.#removing ??= removeAbandoned().catch(ignoreError('processes', 'removing pipes of programs that were killed'));
    await this.#removing;
    return mkdtemp(join(tmpdir(), `${ownPrefix()}${process.pid}-`));
  }

  close(): void {
    this.#isClosed = true;
    for (const pipe of this.#ready.splice(0)) closePipe(pipe);
  }

  #make(): Promise<void> {
    this.#making ??= this.#makeBatch().finally(() => {
      this.#making = undefined;
    });
    return this.#making;
  }

  async #makeBatch(): Promise<void> {
    const folder = await this.makeFolder();
    try {
      const paths = Array.from({ length: BATCH_SIZE }, (_, index) => join(folder, String(index)));
      await promisify(execFile)(this.#mkfifo, ['-m', '600', ...paths]);
      if (this.#isClosed) return;
      for (const path of paths) this.#ready.push(openPipe(path));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

/** How names of folders begin in which programs of this pid namespace make pipes; their pid comes next. */
function ownPrefix(): string {
  return `jamdev-pipes-${pidNamespace().replace(/\D/g, '')}-`;
}

/** Removes the folders of programs that were killed while they made pipes. */
async function removeAbandoned(): Promise<void> {
  const prefix = ownPrefix();
  for (const name of await readdir(tmpdir())) {
    const pid = name.startsWith(prefix) ? Number.parseInt(name.slice(prefix.length), 10) : Number.NaN;
    if (pid > 0 && hasEnded(pid)) await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
}

/** The reading end first and without blocking: otherwise each would wait for the other. */
function openPipe(path: string): Pipe {
  const readFd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const writeFd = openSync(path, constants.O_WRONLY);
    rmSync(path);
    return { readFd, writeFd };
  } catch (error) {
    closeSync(readFd);
    throw error;
  }
}

function closePipe({ readFd, writeFd }: Pipe): void {
  closeSync(readFd);
  closeSync(writeFd);
}
