import { realpathSync } from 'node:fs';
import { dirname, sep } from 'node:path';
import type { ServiceConfig } from '../config/service-config.js';
import { noteHandled } from '../os/debug/debug-log.js';
import { isThere } from '../os/is-there.js';
import { findDefaultCheck } from './default-check.js';
import { findImportedModules } from './module-graph.js';

/** A file that a service runs and that is not watched. */
export interface UnwatchedImport {
  /** Absolute path of the file. */
  file: string;
  /** Absolute path of the folder to watch. */
  folder: string;
}

/**
 * Finds a file that a service imports from outside of its watched paths, such as a file in a shared folder of a
 * monorepo. It is only known of a plain `node file.js`, whatever builds it.
 * @returns undefined when there is none, or it can't be known
 */
export async function findUnwatchedImport(service: ServiceConfig): Promise<UnwatchedImport | undefined> {
  if (service.runtime !== 'process' || service.watch.length === 0) return undefined;
  const check = findDefaultCheck({ ...service, build: undefined });
  if (check?.language !== 'node') return undefined;
  const watched = service.watch.map(realPathOf);
  const [, ...imported] = await findImportedModules(check.entry);
  const files = imported.map(realPathOf);
  const isPackaged = (file: string) => file.split(sep).includes('node_modules');
  const file = files.find(
    (each) => isThere(each) && !isPackaged(each) && !watched.some((path) => isWithin(each, path)),
  );
  return file === undefined ? undefined : { file, folder: dirname(file) };
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
