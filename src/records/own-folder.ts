import { chmodSync, lstatSync, mkdirSync, mkdtempSync, rmdirSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { errorCode } from '../os/error-code.js';
import { stateErrors } from './state-errors.js';

/** Permissions that let others write to a folder, so that they could add or replace files that jamdev trusts. */
const WRITABLE_BY_OTHERS = 0o022;
const OPEN_TO_OTHERS = 0o077;
const PRIVATE = 0o700;

/**
 * Creates a folder that only this user may enter, if needed, and checks that it is safe.
 * @returns warnings
 * @throws JamdevError `StateFolderUnusable`, `StateFolderUnsafe`
 */
export function makeOwnFolder(path: string): string[] {
  try {
    makeFolder(path);
  } catch (error) {
    throw stateErrors.stateFolderUnusable(path, errorCode(error));
  }
  return checkOwnFolder(path);
}

/**
 * Checks that a folder is jamdev's own: a real folder, not a link, owned by this user, and not writable by others. If others
 * can only read it, their access is removed.
 * @param userId the required owner; undefined if the system has no user ids
 * @returns warnings; root only gets a warning in cases that fail for other users
 * @throws JamdevError `StateFolderUnusable`, `StateFolderUnsafe`
 */
export function checkOwnFolder(path: string, userId: number | undefined = process.getuid?.()): string[] {
  let stats: Stats;
  try {
    stats = lstatSync(path);
  } catch (error) {
    throw stateErrors.stateFolderUnusable(path, errorCode(error));
  }
  if (stats.isSymbolicLink()) throw stateErrors.stateFolderIsLink(path);
  if (!stats.isDirectory()) throw stateErrors.stateFolderUnusable(path, 'it is not a folder');
  if (userId === undefined) return [];
  if (stats.uid !== userId) {
    if (userId !== 0) throw stateErrors.stateFolderForeign(path, stats.uid);
    return [stateErrors.stateFolderForeign(path, stats.uid).message];
  }
  if ((stats.mode & OPEN_TO_OTHERS) === 0) return [];
  if ((stats.mode & WRITABLE_BY_OTHERS) === 0) {
    chmodSync(path, PRIVATE);
    return [];
  }
  if (!keepsModes(path)) return [stateErrors.modesNotKept(path).message];
  if (userId !== 0) throw stateErrors.stateFolderOpen(path, stats.mode & 0o777);
  return [stateErrors.stateFolderOpen(path, stats.mode & 0o777).message];
}

/** Creates the parents of a folder that jamdev owns. They belong to the user and are not checked. */
export function makeParents(path: string): void {
  const parent = dirname(path);
  if (parent === path || isThere(parent)) return;
  makeParents(parent);
  makeFolder(parent);
}

/**
 * Creates a folder. Not with `recursive`: if the system refuses new folders entirely (/proc), Node.js would retry forever.
 */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: PRIVATE });
  } catch (error) {
    // Another dev server may have just created it.
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Whether the file system stores permissions. On WSL's /mnt/c, for example, every folder is open to all users. */
function keepsModes(folder: string): boolean {
  const probe = mkdtempSync(join(folder, '.mode-'));
  try {
    return (lstatSync(probe).mode & WRITABLE_BY_OTHERS) === 0;
  } finally {
    rmdirSync(probe);
  }
}
