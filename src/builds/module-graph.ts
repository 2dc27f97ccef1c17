import { createRequire, isBuiltin } from 'node:module';
import { sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { init, parse } from 'es-module-lexer/minimal';
import { noteHandled } from '../os/debug/debug-log.js';
import { openRegularFile } from '../os/regular-file.js';

/** Limit for the modules of a program. Further ones are not followed. */
const MAX_MODULES = 2_000;
const REQUIRE = /^(?!\s*(?:\/\/|\*)).*?\brequire\(\s*(["'])([^"'\n]+)\1\s*\)/gm;
/** Larger files are generated and import nothing from the project. */
const MAX_MODULE_BYTES = 2 * 1024 * 1024;

/**
 * Finds the modules of a project that a program imports statically: by relative paths, or from packages linked into
 * node_modules, as in a monorepo. The result includes the program itself. Imports by a computed name can't be found.
 * @param entry absolute path of the program
 * @param options.required whether to include everything that looks like a call of `require`, even if it never runs
 * @returns absolute paths, including missing files, since they may be created later
 */
export async function findImportedModules(entry: string, { required = false } = {}): Promise<Set<string>> {
  await init();
  const found = new Set([entry]);
  // A Set also iterates over elements that are added during the iteration.
  for (const module of found) {
    const source = await readModule(module);
    const imports = source === undefined ? [] : importsOf(module, source);
    const requires = source === undefined || !required ? [] : requiresOf(module, source);
    for (const imported of [...imports, ...requires]) {
      if (found.size < MAX_MODULES) found.add(imported);
    }
  }
  return found;
}

/** @returns undefined if it can't be read; its imports are then unknown */
async function readModule(path: string): Promise<string | undefined> {
  try {
    const file = await openRegularFile(path);
    try {
      const { size } = await file.stat();
      return size > MAX_MODULE_BYTES ? undefined : await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    noteHandled('builds', 'reading a module', error);
    return undefined;
  }
}

function importsOf(module: string, source: string): string[] {
  try {
    const [imports] = parse(source);
    return imports.flatMap(({ n: specifier }) => {
      if (specifier === undefined) return [];
      if (!/^(\.{0,2}\/|file:)/.test(specifier)) return findLinkedPackage(module, specifier);
      return [fileURLToPath(new URL(specifier, pathToFileURL(module)))];
    });
  } catch (error) {
    noteHandled('builds', 'reading the imports of a module', error);
    // Not a module, or a broken one. Its imports are unknown until it is fixed.
    return [];
  }
}

function requiresOf(module: string, source: string): string[] {
  return [...source.matchAll(REQUIRE)].flatMap(([, , specifier = '']) => findLinkedPackage(module, specifier));
}

/** Finds a package that is linked into node_modules. An installed package is not part of the project. */
function findLinkedPackage(module: string, specifier: string): string[] {
  if (isBuiltin(specifier)) return [];
  try {
    const path = createRequire(module).resolve(specifier);
    return path.split(sep).includes('node_modules') ? [] : [path];
  } catch (error) {
    noteHandled('builds', 'finding a linked package', error);
    // It does not exist, or exports only an `import` condition, which can't be resolved from outside the program.
    return [];
  }
}
