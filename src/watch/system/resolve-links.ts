import { lstat, readlink } from 'node:fs/promises';
import { errorCode } from '../../os/error-code.js';
import { type BytePath, join, parentOf, toFsPath } from '../byte-path.js';

/** The number of links that Linux follows in one path (path_resolution(7)). */
const MAX_LINKS = 40;

/** The result of resolving a path. */
export interface Resolution {
  /** The path without links; undefined if nothing exists there. */
  real: BytePath | undefined;
  isFolder: boolean;
  /** Why nothing was found, such as ENOENT, ELOOP or EACCES; '' if something was. */
  error: string;
}

/**
 * Resolves a path step by step.
 * @param path absolute
 * @param visit called with every folder and the name to look up in it, before the lookup; the result depends on these
 * entries and no others
 */
export async function resolveLinks(
  path: BytePath,
  visit: (folder: BytePath, name: string) => Promise<void>,
): Promise<Resolution> {
  const names = split(path);
  let folder = '/' as BytePath;
  let links = 0;
  let isFolder = true;
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    if (name === '..') {
      folder = parentOf(folder);
      continue;
    }
    await visit(folder, name);
    const next = join(folder, name);
    try {
      const stats = await lstat(toFsPath(next));
      if (stats.isSymbolicLink()) {
        links += 1;
        if (links > MAX_LINKS) return { real: undefined, isFolder: false, error: 'ELOOP' };
        const target = (await readlink(toFsPath(next), 'latin1')) as BytePath;
        if (target.startsWith('/')) folder = '/' as BytePath;
        names.unshift(...split(target));
        continue;
      }
      isFolder = stats.isDirectory();
    } catch (error) {
      return { real: undefined, isFolder: false, error: errorCode(error) };
    }
    if (!isFolder && names.length > 0) return { real: undefined, isFolder: false, error: 'ENOTDIR' };
    folder = next;
  }
  return { real: folder, isFolder, error: '' };
}

function split(path: BytePath): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}
