import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../os/error-code.js';

/** Node.js names the folders in its compile cache like `v22.1.0-x64-...`. */
const MAJOR_VERSION = /^v(\d+)\./;

/**
 * Removes the files of older Node.js versions from a compile cache. For each major version, the folder that was written last
 * stays: a user's projects may use different major versions, but a new minor version replaces the previous one.
 * @param folder absolute path; it may be missing
 */
export async function pruneCompileCache(folder: string): Promise<void> {
  const names = await namesIn(folder);
  const versions = names.filter((each) => MAJOR_VERSION.test(each));
  const dated = await Promise.all(
    versions.map(async (each) => ({ name: each, writtenMs: (await stat(join(folder, each))).mtimeMs })),
  );
  const newest = new Map<string, string>();
  for (const { name } of dated.sort((a, b) => a.writtenMs - b.writtenMs)) newest.set(majorOf(name), name);
  for (const { name } of dated) {
    if (newest.get(majorOf(name)) !== name) await rm(join(folder, name), { recursive: true, force: true });
  }
}

/**
 * Does the same for the caches of jamdev's own code. Dev servers and commands have one each.
 * @param home the state home
 */
export async function pruneOwnCompileCaches(home: string): Promise<void> {
  const caches = join(home, 'compile-cache');
  for (const name of await namesIn(caches)) await pruneCompileCache(join(caches, name));
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  });
}

function majorOf(name: string): string {
  return MAJOR_VERSION.exec(name)?.[1] ?? '';
}
