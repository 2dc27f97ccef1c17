import { dirname, join } from 'node:path';
import { noteHandled } from '../os/debug/debug-log.js';
import { openRegularFile } from '../os/regular-file.js';

/** Limit for the modules of a program. Further ones are not followed. */
const MAX_MODULES = 500;
const MAX_MODULE_BYTES = 1024 * 1024;
const IMPORT = /^[ \t]*(?:from[ \t]+(\.*)([\w.]*)[ \t]+import[ \t]+([^\n#]+)|import[ \t]+([^\n#]+))/gm;

/**
 * Finds the modules of a project that a Python program imports with statements, directly or indirectly. Modules that are
 * imported by other means, or from outside the program's folder, can't be found.
 * @param entry absolute path of the program
 * @returns absolute paths, including the program's
 */
export async function findPythonModules(entry: string): Promise<Set<string>> {
  const found = new Set([entry]);
  // A Set also iterates over elements that are added during the iteration.
  for (const module of found) {
    for (const path of possibleFiles(await readModule(module), dirname(module), dirname(entry))) {
      if (found.size < MAX_MODULES && !found.has(path) && (await readModule(path)) !== '') found.add(path);
    }
  }
  return found;
}

/** Lists every file that a module's imports may refer to. */
function possibleFiles(source: string, own: string, root: string): string[] {
  return [...source.matchAll(IMPORT)].flatMap(([, dots = '', from = '', names = '', plain]) => {
    const listed = namesIn(plain ?? names);
    if (plain !== undefined) return listed.flatMap((name) => filesOf(root, name));
    const base =
      dots === ''
        ? root
        : join(
            own,
            ...dots
              .slice(1)
              .split('')
              .map(() => '..'),
          );
    // A name imported from a package may be one of its modules.
    return [...filesOf(base, from), ...listed.flatMap((name) => filesOf(base, `${from}.${name}`))];
  });
}

function namesIn(list: string): string[] {
  return list.split(',').flatMap((each) => /[\w.]+/.exec(each)?.[0] ?? []);
}

/** Lists the file of a module and the packages above it. */
function filesOf(base: string, name: string): string[] {
  const parts = name.split('.').filter((part) => part !== '');
  const packages = parts.map((_, index) => join(base, ...parts.slice(0, index + 1), '__init__.py'));
  return parts.length === 0 ? [join(base, '__init__.py')] : [...packages, `${join(base, ...parts)}.py`];
}

/** @returns '' for a module that is missing, empty or unreadable */
async function readModule(path: string): Promise<string> {
  try {
    const file = await openRegularFile(path);
    try {
      const { size } = await file.stat();
      return size > MAX_MODULE_BYTES ? '' : await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    noteHandled('builds', 'reading a Python module', error);
    return '';
  }
}
