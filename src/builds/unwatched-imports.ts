import { realpathSync } from 'node:fs';
import { dirname, sep } from 'node:path';
import type { ServiceConfig } from '../config/service-config.js';
import { noteHandled } from '../os/debug/debug-log.js';
import { isThere } from '../os/is-there.js';
import { findDefaultCheck } from './default-check.js';
import { findImportedModules } from './module-graph.js';
import { findPythonModules } from './python-modules.js';

/** A file that a service runs and that is not watched. */
export interface UnwatchedImport {
  /** Absolute path of the file. */
  file: string;
  /** Absolute path to watch: its folder, or the file itself where the folder is watched but for some files. */
  toWatch: string;
  /** Whether it is the program itself, and not only imported by it. */
  isProgram: boolean;
}

/** Where package managers put what is no code of the project. */
const PACKAGE_FOLDERS = new Set(['node_modules', 'site-packages', '.venv']);

/**
 * Finds a file that a service runs and that is not watched: a file in a shared folder of a monorepo, or what a build tool
 * next to jamdev writes into a folder that git ignores. It is only known of a plain `node file.js` or `python file.py`.
 * Where jamdev builds the service, what lies in the watched paths is taken for a result of the build.
 * @param misses whether changes to a file go unnoticed, by its absolute path without links
 * @returns undefined when there is none, or it can't be known
 */
export async function findUnwatchedImport(
  service: ServiceConfig,
  misses: (path: string) => boolean,
): Promise<UnwatchedImport | undefined> {
  if (service.runtime !== 'process' || service.watch.length === 0) return undefined;
  const check = findDefaultCheck({ ...service, build: undefined });
  if (check === undefined) return undefined;
  const watched = service.watch.map(realPathOf);
  const isWatched = (path: string) => watched.some((each) => isWithin(path, each));
  const modules =
    check.language === 'node'
      ? await findImportedModules(check.entry, { required: true })
      : await findPythonModules(check.entry);
  const [program, ...imported] = [...modules].map(realPathOf);
  const files = service.build === undefined && program !== undefined ? [program, ...imported] : imported;
  const file = files.find(
    (each) => isThere(each) && !isPackaged(each) && misses(each) && (service.build === undefined || !isWatched(each)),
  );
  if (file === undefined) return undefined;
  const folder = dirname(file);
  return { file, toWatch: watched.includes(folder) ? file : folder, isProgram: file === program };
}

function isPackaged(file: string): boolean {
  return file.split(sep).some((name) => PACKAGE_FOLDERS.has(name));
}

function isWithin(file: string, path: string): boolean {
  return file === path || file.startsWith(path.endsWith(sep) ? path : `${path}${sep}`);
}

function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    noteHandled('builds', 'resolving the path of an import', error);
    // It is not there.
    return path;
  }
}
