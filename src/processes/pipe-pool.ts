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

/** A pipe as a shell makes it. Unlike the sockets that Node.js gives to children, it can be opened by name. */
export interface Pipe {
  /** Non-blocking. */
  readFd: number;
  /** Blocking. */
  writeFd: number;
}

/** How many pipes are made at once, by a single `mkfifo` process. */
const BATCH_SIZE = 8;
/** When fewer pipes than this are ready, more are made in the background. A backend takes two. */
const LOW = 2;

/**
 * Makes pipes. Node.js has no call for that, but a FIFO that is open at both ends and unlinked is the same. A few are kept
 * ready, so that starting a backend does not wait for `mkfifo` (docs/decisions/007-pipes-by-mkfifo.md).
 */
export class PipePool {
  /** Shared by all readers of the pipes. */
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

  /** Whether pipes are being made, which takes file descriptors temporarily. */
  get isMaking(): boolean {
    return this.#making !== undefined;
  }

  /** Makes pipes ahead of time. Best effort: a persistent failure occurs again in {@link take}. */
  async fill(): Promise<void> {
    if (this.#ready.length < LOW) await this.#make().catch(ignoreError('processes', 'making pipes ahead'));
  }

  /**
   * Hands out pipes. The caller must close both ends.
   * @throws if they can't be made
   */
  async take(count: number): Promise<Pipe[]> {
    while (this.#ready.length < count) await this.#make();
    const pipes = this.#ready.splice(0, count);
    void this.fill();
    return pipes;
  }

  /** Makes a folder for named pipes. The caller must remove it; a later start does so if this program is killed. */
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

/** Returns the prefix of the names of pipe folders in this pid namespace; the pid of the program follows. */
function ownPrefix(): string {
  return `jamdev-pipes-${pidNamespace().replace(/\D/g, '')}-`;
}

/** Removes the folders of programs that were killed while making pipes. */
async function removeAbandoned(): Promise<void> {
  const prefix = ownPrefix();
  for (const name of await readdir(tmpdir())) {
    const pid = name.startsWith(prefix) ? Number.parseInt(name.slice(prefix.length), 10) : Number.NaN;
    if (pid > 0 && hasEnded(pid)) await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
}

/**
 * Opens both ends of a FIFO. The reading end comes first and non-blocking, since each end would otherwise wait for the
 * other.
 */
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
