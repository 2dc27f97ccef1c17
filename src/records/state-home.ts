import { createHash } from 'node:crypto';
import { accessSync, constants, lstatSync } from 'node:fs';
import { join } from 'node:path';
import { JamdevError } from '../contract/errors/jamdev-error.js';
import { noteHandled } from '../os/debug/debug-log.js';
import { errorCode } from '../os/error-code.js';
import { isThere } from '../os/is-there.js';
import { writeNewOwnFile } from './own-file.js';
import { makeOwnFolder, makeParents } from './own-folder.js';
import { stateErrors } from './state-errors.js';
import { stateHomePlaces } from './state-home-places.js';

const NOTE_CHARACTERS = 12;

/** The folder in which jamdev stores the state of this user's projects. */
export interface StateHome {
  /** Absolute path. */
  root: string;
  /** One folder per project. */
  projects: string;
  /** What the user should know about it, in sentences. */
  remarks: readonly string[];
}

/**
 * @returns the folder of the state, existing or not, without changing the disk. A temporary folder only counts if it was
 * chosen instead of exactly the folder that is missing: it may be left from a start with another home.
 */
export function findStateHome(env: NodeJS.ProcessEnv = process.env): StateHome {
  const [best = '', ...others] = stateHomePlaces(env);
  if (isWritableFolder(best)) return at(best, []);
  return at(others.find((place) => isWritableFolder(place) && isThere(standInNote(place, best))) ?? best, []);
}

/**
 * Makes the state home, readable by this user only.
 * @throws JamdevError `StateFolderUnusable`
 */
export function createStateHome(env: NodeJS.ProcessEnv = process.env): StateHome {
  let refusal: JamdevError | undefined;
  for (const place of stateHomePlaces(env)) {
    try {
      makeParents(place);
      const home = at(place, makeOwnFolder(place));
      // The dot: it must be a folder.
      accessSync(`${place}/.`, constants.W_OK);
      const remarks = [...home.remarks, ...makeOwnFolder(home.projects)];
      if (refusal !== undefined) {
        writeNewOwnFile(standInNote(place, stateHomePlaces(env)[0] as string), '');
        remarks.push(stateErrors.stateInTemporaryFolder(refusal.message, place).sentence);
      }
      return { ...home, remarks };
    } catch (error) {
      refusal ??= error instanceof JamdevError ? error : stateErrors.stateFolderUnusable(place, errorCode(error));
      // Something is wrong with the existing folder: the user must see that, so no other place is used.
      if (refusal.code === 'StateFolderUnsafe') break;
    }
  }
  throw refusal ?? stateErrors.stateFolderUnusable('~', 'no home folder');
}

/** The file in a temporary folder that says which folder it replaces. */
function standInNote(place: string, best: string): string {
  return join(place, `in-place-of-${createHash('sha256').update(best).digest('hex').slice(0, NOTE_CHARACTERS)}`);
}

function at(root: string, remarks: string[]): StateHome {
  return { root, projects: join(root, 'projects'), remarks };
}

function isWritableFolder(path: string): boolean {
  try {
    if (!lstatSync(path).isDirectory()) return false;
    accessSync(path, constants.W_OK);
    return true;
  } catch (error) {
    noteHandled('state', 'looking for a writable folder', error);
    return false;
  }
}
