import { createRequire, isBuiltin } from 'node:module';
import { sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { init, parse } from 'es-module-lexer/minimal';
import { noteHandled } from '../os/debug/debug-log.js';
import { openRegularFile } from '../os/regular-file.js';

/** A program with more modules than this is followed no further. */
const MAX_MODULES = 2_000;
const REQUIRE = /^(?!\s*(?:\/\/|\*)).*?\brequire\(\s*(["'])([^"'\n]+)\1\s*\)/gm;
/** Larger files are generated, and import nothing of the project. */
const MAX_MODULE_BYTES = 2 * 1024 * 1024;

/**
 * Finds the modules of a project that a program imports statically: by relative paths, or from packages that are linked
 * into node_modules, as in a monorepo. The program itself is among them. What it imports by a computed name can't be seen
 * from outside.
 * @param entry absolute path of the program
 * @param options.required whether to include what looks like a call of `require`, also where that is never called
 * @returns absolute paths; also of missing files, since they may be created later
 */
export async function findImportedModules(entry: string, { required = false } = {}): Promise<Set<string>> {
  await init();
  const found = new Set([entry]);
  // A Set also iterates over what is added on the way.
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

/** @returns undefined when it can't be read: what it imports is not known then */
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
    // No module, or a broken one: what it imports is not known until it is fixed.
    return [];
  }
}

function requiresOf(module: string, source: string): string[] {
  return [...source.matchAll(REQUIRE)].flatMap(([, , specifier = '']) => findLinkedPackage(module, specifier));
}

/** An installed package is not part of the project. */
function findLinkedPackage(module: string, specifier: string): string[] {
  if (isBuiltin(specifier)) return [];
  try {
    const path = createRequire(module).resolve(specifier);
    return path.split(sep).includes('node_modules') ? [] : [path];
  } catch (error) {
    noteHandled('builds', 'finding a linked package', error);
    // It does not exist, or only for import, which can't be resolved from outside the program.
    return [];
  }
}
