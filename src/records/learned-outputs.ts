import { join } from 'node:path';
import { readOwnFile, writeOwnFile } from './own-file.js';
import type { StateFolder } from './state-folder.js';

const FILE = 'outputs.json';
/** A project with more generated files than this should have them ignored. */
const MAX_FILES = 1_000;

/** Files that builds were shown to write, by service; paths relative to the service's folder. */
type Outputs = Readonly<Record<string, readonly string[]>>;

/** Stores which files the builds of a project write, as dev servers have learned. */
export class LearnedOutputs {
  readonly #path: string;
  #outputs: Outputs;

  /** Reads what earlier runs have learned. What can't be read is learned again. */
  constructor({ root }: Pick<StateFolder, 'root'>) {
    this.#path = join(root, FILE);
    this.#outputs = read(this.#path);
  }

  /** Names of services with the files that their builds write. */
  get all(): Outputs {
    return this.#outputs;
  }

  /** Returns the files that a service's builds write; paths relative to its folder. */
  of(service: string): readonly string[] {
    return this.#outputs[service] ?? [];
  }

  /** Stores what was learned; best effort: without it, the next run learns it again. */
  keep(service: string, files: readonly string[]): void {
    this.#outputs = { ...this.#outputs, [service]: files.slice(0, MAX_FILES) };
    try {
      writeOwnFile(this.#path, `${JSON.stringify(this.#outputs)}\n`);
    } catch {
      // As said.
    }
  }
}

function read(path: string): Outputs {
  try {
    const value: unknown = JSON.parse(readOwnFile(path) ?? '{}');
    return isOutputs(value) ? value : {};
  } catch {
    // Torn, or unreadable for now.
    return {};
  }
}

function isOutputs(value: unknown): value is Outputs {
  if (typeof value !== 'object' || value === null) return false;
  const isFiles = (files: unknown) => Array.isArray(files) && files.every((file) => typeof file === 'string');
  return Object.values(value).every(isFiles);
}
