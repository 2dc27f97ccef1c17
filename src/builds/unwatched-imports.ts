import { realpathSync } from 'node:fs';
import { dirname, sep } from 'node:path';
import type { ServiceConfig } from '../config/service-config.js';
import { noteHandled } from '../os/debug/debug-log.js';
import { isThere } from '../os/is-there.js';
import { findDefaultCheck } from './default-check.js';
import { findImportedModules } from './module-graph.js';
import { findPythonModules } from './python-modules.js';

/** A file that a service runs but that is not watched. */
export interface UnwatchedImport {
  /** Absolute path of the file. */
  file: string;
  /** Absolute path to watch: its folder, or the file itself if the folder is watched except for some files. */
  toWatch: string;
  /** Whether it is the program itself, not just imported by it. */
  isProgram: boolean;
}

/** Folders of package managers, whose files are not part of the project's code. */
const PACKAGE_FOLDERS = new Set(['node_modules', 'site-packages', '.venv']);

/**
 * Finds a file that a service runs but that is not watched, such as a file in a shared folder of a monorepo, or one that a
 * separate build tool writes into a folder ignored by git. This works only for a plain `node file.js` or `python file.py`.
 * If jamdev builds the service, files inside the watched paths count as output of the build.
 * @param misses whether changes to a file go unnoticed, by its absolute path without links
 * @returns undefined if there is none, or if it can't be determined
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
    // The file does not exist.
    return path;
  }
}
