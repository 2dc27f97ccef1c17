import { mkdirSync, rmSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ignoreError, noteHandled } from '../os/debug/debug-log.js';
import { mayRun } from '../processes/signal.js';

/** Tells the preload where to write what a process has loaded; see remap-8080.cjs. */
export const LOADED_FOLDER_VARIABLE = 'JAMDEV_LOADED_FOLDER';

/** More files of its own than any program has: a program that makes up modules must not fill the memory. */
const MAX_REMEMBERED = 10_000;

/**
 * Knows which files Node.js backends have loaded with require: the preload writes their names into a folder,
 * one file per process and thread, called by the process's pid.
 */
export class LoadedFiles {
  /** Absolute path. */
  readonly folder: string;
  /** Of processes that have ended: those that replace them will load the same, and say so only a moment later. */
  readonly #ofEnded = new Set<string>();
  #pruning: Promise<void> | undefined;

  /** @param folder of this run alone; made here */
  constructor(folder: string) {
    this.folder = folder;
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    } catch (error) {
      noteHandled('builds', 'making the folder of loaded files', error);
      // Without it only fewer files are checked before they reach sessions.
    }
  }

  /** Absolute paths of the files that backends of this run have loaded. */
  async list(): Promise<Set<string>> {
    await this.prune();
    const files = await Promise.all((await this.#names()).map((name) => this.#filesIn(name)));
    // Looked at last: what a process that has just ended had loaded is remembered before its list goes.
    return new Set([...files.flat(), ...this.#ofEnded]);
  }

  /** Removes what processes wrote that have ended; concurrent callers share one pass. */
  prune(): Promise<void> {
    this.#pruning ??= this.#removeEnded().finally(() => {
      this.#pruning = undefined;
    });
    return this.#pruning;
  }

  /** Removes the folder. */
  close(): void {
    try {
      rmSync(this.folder, { recursive: true, force: true });
    } catch (error) {
      noteHandled('builds', 'removing the folder of loaded files', error);
      // The next dev server in the folder removes it.
    }
  }

  async #removeEnded(): Promise<void> {
    const ended = (await this.#names()).filter((name) => !mayRun(Number.parseInt(name, 10)));
    for (const name of ended) {
      for (const file of await this.#filesIn(name)) if (this.#ofEnded.size < MAX_REMEMBERED) this.#ofEnded.add(file);
      await rm(join(this.folder, name), { force: true }).catch(
        ignoreError('builds', 'removing the list of files that a process loaded'),
      );
    }
  }

  async #filesIn(name: string): Promise<string[]> {
    const text = await readFile(join(this.folder, name), 'utf8').catch(
      ignoreError('builds', 'reading the files that a process loaded', ''),
    );
    return text === '' ? [] : text.split('\0');
  }

  async #names(): Promise<string[]> {
    return (await readdir(this.folder).catch(ignoreError('builds', 'listing loaded files', []))).filter((name) =>
      /^\d+-\d+$/.test(name),
    );
  }
}

/**
 * Removes files of runs that were killed.
 * @param parent the folder that holds the folders of all runs
 * @param runs ids of the runs that are alive
 */
export async function removeLoadedFilesOfDeadRuns(parent: string, runs: ReadonlySet<string>): Promise<void> {
  const names = await readdir(parent).catch(ignoreError('builds', 'listing loaded files', []));
  const dead = names.filter((name) => !runs.has(name));
  await Promise.all(
    dead.map((name) =>
      rm(join(parent, name), { recursive: true, force: true }).catch(
        ignoreError('builds', 'removing loaded files of a dead run'),
      ),
    ),
  );
}
