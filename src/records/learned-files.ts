import { join } from 'node:path';
import { noteHandled } from '../os/debug/debug-log.js';
import { readOwnFile, writeOwnFile } from './own-file.js';
import type { StateFolder } from './state-folder.js';

/** A project with more generated files than this should ignore them. */
const MAX_FILES = 1_000;

/** Files by service, as paths relative to the service's folder. */
type FilesByService = Readonly<Record<string, readonly string[]>>;

/** Stores which files of a project its builds or its backends write, as learned by dev servers. */
export class LearnedFiles {
  readonly #path: string;
  #files: FilesByService;

  /** Reads the results of earlier runs. Unreadable results are learned again. */
  constructor({ root }: Pick<StateFolder, 'root'>, kind: 'outputs' | 'backend-writes') {
    this.#path = join(root, `${kind}.json`);
    this.#files = read(this.#path);
  }

  /** The files of each service, by name. */
  get all(): FilesByService {
    return this.#files;
  }

  /**
   * Returns the files of a service, as paths relative to its folder. Checks own properties only, since a service may be
   * called "constructor".
   */
  of(service: string): readonly string[] {
    return (Object.hasOwn(this.#files, service) ? this.#files[service] : undefined) ?? [];
  }

  /** Forgets all files. */
  clear(): void {
    for (const [service, files] of Object.entries(this.#files)) if (files.length > 0) this.keep(service, []);
  }

  /** Stores the files of a service. Best effort: after a failure, the next run learns them again. */
  keep(service: string, files: readonly string[]): void {
    this.#files = { ...this.#files, [service]: files.slice(0, MAX_FILES) };
    try {
      writeOwnFile(this.#path, `${JSON.stringify(this.#files)}\n`);
    } catch (error) {
      noteHandled('state', 'storing what was learned', error);
    }
  }
}

function read(path: string): FilesByService {
  try {
    const value: unknown = JSON.parse(readOwnFile(path) ?? '{}');
    return isFilesByService(value) ? value : {};
  } catch (error) {
    // The file is incomplete or currently unreadable.
    noteHandled('state', 'reading what was learned', error);
    return {};
  }
}

function isFilesByService(value: unknown): value is FilesByService {
  if (typeof value !== 'object' || value === null) return false;
  const isFiles = (files: unknown) => Array.isArray(files) && files.every((file) => typeof file === 'string');
  return Object.values(value).every(isFiles);
}
