import { mkdirSync, rmSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ignoreError, noteHandled } from '../os/debug/debug-log.js';
import { mayRun } from '../processes/signal.js';

/** Tells the preload where to record the files that a process has loaded; see remap-8080.cjs. */
export const LOADED_FOLDER_VARIABLE = 'JAMDEV_LOADED_FOLDER';

/** More files than any program has. The limit keeps a program that generates modules from filling the memory. */
const MAX_REMEMBERED = 10_000;

/**
 * Tracks the files that Node.js backends have loaded with require. The preload writes the names of these files into a
 * folder, with one list per process and thread. The name of a list begins with the process's pid.
 */
export class LoadedFiles {
  /** Absolute path. */
  readonly folder: string;
  /** Files of exited processes. Their replacements will load the same files, but report that only a moment later. */
  readonly #ofEnded = new Set<string>();
  #pruning: Promise<void> | undefined;

  /** @param folder a folder for this run alone; created here */
  constructor(folder: string) {
    this.folder = folder;
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    } catch (error) {
      noteHandled('builds', 'making the folder of loaded files', error);
      // Without the folder, fewer files are checked before they reach sessions.
    }
  }

  /** Returns absolute paths of the files that backends of this run have loaded. */
  async list(): Promise<Set<string>> {
    await this.prune();
    const files = await Promise.all((await this.#names()).map((name) => this.#filesIn(name)));
    // Read last: the files of a process that has just exited are remembered before its list is removed.
    return new Set([...files.flat(), ...this.#ofEnded]);
  }

  /** Removes the lists of processes that have exited. Concurrent callers share one pass. */
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
 * Removes the files of runs that were killed.
 * @param parent the folder with the folders of all runs
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
