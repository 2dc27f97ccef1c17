import { lstatSync, mkdirSync } from 'node:fs';
import { Module } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { noteHandled } from '../os/debug/debug-log.js';
import { errorCode } from '../os/error-code.js';
import { keepCompiledCode } from './code-cache.js';
import { stateHomePlaces } from './state-home-places.js';

const COMPILE_CACHE = 'compile-cache';
const WRITABLE_BY_OTHERS = 0o022;
const PRIVATE = 0o700;

/**
 * Caches the compiled form of the code that is loaded from now on, so that the next start does not compile it again. Uses
 * Node.js's own compile cache if the version has one (22.1 and newer). The cache holds code that will run, so it must be in
 * a folder that no other user can write to: in the state home, once that exists. If the cache can't be read or written, code
 * is compiled as usual. The user's NODE_COMPILE_CACHE and NODE_DISABLE_COMPILE_CACHE take precedence.
 * @param name separates programs that run with different V8 flags, since their compiled forms differ
 */
export function useCompileCache(name: string): void {
  // The types are for Node.js 20, which lacks this function.
  const { enableCompileCache } = Module as { enableCompileCache?: (folder: string) => unknown };
  const home = stateHomePlaces().find(isOwnFolder);
  if (home === undefined) return;
  const folder = join(home, COMPILE_CACHE);
  try {
    mkdirSync(folder, { mode: PRIVATE });
  } catch (error) {
    // The folder can't be written to.
    if (errorCode(error) !== 'EEXIST') return noteHandled('start', 'making the folder of the compile cache', error);
  }
  if (!isOwnFolder(folder)) return;
  if (enableCompileCache !== undefined) enableCompileCache(join(folder, name));
  else if (process.env.NODE_COMPILE_CACHE === undefined && process.env.NODE_DISABLE_COMPILE_CACHE === undefined) {
    const { version, arch } = process;
    keepCompiledCode(
      fileURLToPath(new URL('.', import.meta.url)).replace(/\/$/, ''),
      join(folder, name, `${version}-${arch}`),
    );
  }
}

function isOwnFolder(path: string): boolean {
  try {
    const stats = lstatSync(path);
    if (!stats.isDirectory()) return false;
    return process.getuid === undefined || (stats.uid === process.getuid() && (stats.mode & WRITABLE_BY_OTHERS) === 0);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') noteHandled('start', 'looking for the folder of the compile cache', error);
    return false;
  }
}
