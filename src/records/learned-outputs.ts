import { join } from 'node:path';
import { readOwnFile, writeOwnFile } from './own-file.js';
import type { StateFolder } from './state-folder.js';

const FILE = 'outputs.json';
/** A project with more generated files than this should have them ignored. */
const MAX_FILES = 1_000;

/** Files that builds were shown to write, by service; paths relative to the service's folder. */
export type LearnedOutputs = Readonly<Record<string, readonly string[]>>;

/** Reads what earlier runs have learned. What can't be read is learned again. */
export function readLearnedOutputs({ root }: Pick<StateFolder, 'root'>): LearnedOutputs {
  try {
    const value: unknown = JSON.parse(readOwnFile(join(root, FILE)) ?? '{}');
    return isLearnedOutputs(value) ? value : {};
  } catch {
    // Torn, or unreadable for now.
    return {};
  }
}

/** Writes what was learned; best effort, as without it the next run only learns it again. */
export function writeLearnedOutputs({ root }: Pick<StateFolder, 'root'>, outputs: LearnedOutputs): void {
  const kept = Object.entries(outputs).map(([service, files]) => [service, files.slice(0, MAX_FILES)]);
  try {
    writeOwnFile(join(root, FILE), `${JSON.stringify(Object.fromEntries(kept))}\n`);
  } catch {
    // As said.
  }
}

function isLearnedOutputs(value: unknown): value is LearnedOutputs {
  if (typeof value !== 'object' || value === null) return false;
  const isFiles = (files: unknown) => Array.isArray(files) && files.every((file) => typeof file === 'string');
  return Object.values(value).every(isFiles);
}
