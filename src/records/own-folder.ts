import { chmodSync, lstatSync, mkdirSync, mkdtempSync, rmdirSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { errorCode } from '../os/error-code.js';
import { stateErrors } from './state-errors.js';

/** Permissions that let others write into a folder, and so plant or swap what jamdev trusts. */
const WRITABLE_BY_OTHERS = 0o022;
const OPEN_TO_OTHERS = 0o077;
const PRIVATE = 0o700;

/**
 * Makes a folder that only this user may enter, and checks that it is one.
 * @returns what to warn about
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
 * Checks that a folder is jamdev's own: a real folder, no link, of this user, and not writable by others. One that others
 * could only read is closed to them.
 * @param userId of the user who must own it; undefined if the system has no user ids
 * @returns what to warn about: root only gets a warning where other users are refused
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

/** Creates the folders above one that jamdev owns; these belong to the user and are not checked. */
export function makeParents(path: string): void {
  const parent = dirname(path);
  if (parent === path || isThere(parent)) return;
  makeParents(parent);
  makeFolder(parent);
}

/** Not `recursive`: where the system takes no new folder at all (/proc), Node.js would try forever. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: PRIVATE });
  } catch (error) {
    // Another dev server may have made it just now.
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Whether the file system stores permissions: on WSL's /mnt/c every folder is open to all users. */
function keepsModes(folder: string): boolean {
  const probe = mkdtempSync(join(folder, '.mode-'));
  try {
    return (lstatSync(probe).mode & WRITABLE_BY_OTHERS) === 0;
  } finally {
    rmdirSync(probe);
  }
}
