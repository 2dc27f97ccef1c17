import { lstat, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ignoreError } from '../../../os/debug/debug-log.js';
import { errorCode } from '../../../os/error-code.js';
import { initErrors } from './init-errors.js';

/**
 * Writes files into a folder, which is created if needed. No file is ever written partially.
 * @param folder absolute path
 * @param files paths inside the folder, with slashes
 * @param overwrite whether to replace existing files; if not, nothing is written if one exists
 * @throws JamdevError `FilesInTheWay`, or `FolderUnusable` with the files that were already written
 */
export async function writeFiles(
  folder: string,
  files: readonly { path: string; content: Buffer }[],
  overwrite: boolean,
): Promise<void> {
  const obstacles = await findObstacles(folder, files);
  const immovable = obstacles.filter(({ isFile }) => !isFile).map(({ path }) => path);
  if (immovable.length > 0) throw initErrors.immovableInTheWay(folder, immovable);
  if (obstacles.length > 0 && !overwrite) {
    const paths = obstacles.map(({ path }) => path);
    throw initErrors.filesInTheWay(folder, paths);
  }
  const written: string[] = [];
  for (const { path, content } of files) {
    try {
      await makeFolder(dirname(join(folder, path)));
      await writeWhole(join(folder, path), content, overwrite);
    } catch (error) {
      throw initErrors.fileNotWritten(join(folder, path), errorCode(error), written);
    }
    written.push(path);
  }
}

/** An existing entry at the path of a file to write, or of a folder for it. */
interface Obstacle {
  /** Relative to the folder. */
  path: string;
  /** Whether it is a file that can be replaced. */
  isFile: boolean;
}

async function findObstacles(folder: string, files: readonly { path: string }[]): Promise<Obstacle[]> {
  if ((await isFolder(folder)) === false) throw initErrors.notAFolder(folder);
  const obstacles = new Map<string, Obstacle>();
  for (const { path } of files) {
    const parts = path.split('/');
    const above = parts.slice(0, -1).map((_, index) => parts.slice(0, index + 1).join('/'));
    for (const inner of above) {
      if ((await isFolder(join(folder, inner))) === false) obstacles.set(inner, { path: inner, isFile: false });
    }
    const there = await orUndefined(lstat(join(folder, path)));
    if (there !== undefined) obstacles.set(path, { path, isFile: !there.isDirectory() });
  }
  return [...obstacles.values()];
}

/** @returns undefined if nothing exists there; a broken link counts as existing */
async function isFolder(path: string): Promise<boolean | undefined> {
  if ((await orUndefined(lstat(path))) === undefined) return undefined;
  return (await orUndefined(stat(path)))?.isDirectory() ?? false;
}

/** Resolves with undefined if nothing exists or it can't be read; the later write reports the problem. */
async function orUndefined<T>(value: Promise<T>): Promise<T | undefined> {
  return value.catch(ignoreError('cli', 'looking at the folder'));
}

/**
 * Creates a folder without `recursive`, because Node.js would retry forever where the system allows no new folders
 * (/proc).
 */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return;
    if (errorCode(error) !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await mkdir(path).catch((again) => {
      if (errorCode(again) !== 'EEXIST') throw again;
    });
  }
}

async function writeWhole(path: string, content: Buffer, overwrite: boolean): Promise<void> {
  // A file may have appeared since the check. An old file must stay complete until the new one is, and a link in its
  // place must not redirect the content.
  const target = overwrite ? `${path}.${process.pid}.new` : path;
  try {
    await writeFile(target, content, { flag: 'wx' });
    if (overwrite) await rename(target, path);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') await rm(target, { force: true }).catch(ignoreError('cli', 'writing a file'));
    throw error;
  }
}
