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
  /** Remarks for the user, in sentences. */
  remarks: readonly string[];
}

/**
 * @returns the state home, whether it exists or not; does not change the disk. A temporary folder only counts if it was
 * created in place of the same missing folder, since it may be left from a start with another home.
 */
export function findStateHome(env: NodeJS.ProcessEnv = process.env): StateHome {
  const [best = '', ...others] = stateHomePlaces(env);
  if (isWritableFolder(best)) return at(best, []);
  return at(others.find((place) => isWritableFolder(place) && isThere(standInNote(place, best))) ?? best, []);
}

/**
 * Creates the state home, readable only by this user.
 * @throws JamdevError `StateFolderUnusable`
 */
export function createStateHome(env: NodeJS.ProcessEnv = process.env): StateHome {
  let refusal: JamdevError | undefined;
  for (const place of stateHomePlaces(env)) {
    try {
      makeParents(place);
      const home = at(place, makeOwnFolder(place));
      // The trailing dot makes the check fail if it is not a folder.
      accessSync(`${place}/.`, constants.W_OK);
      const remarks = [...home.remarks, ...makeOwnFolder(home.projects)];
      if (refusal !== undefined) {
        writeNewOwnFile(standInNote(place, stateHomePlaces(env)[0] as string), '');
        remarks.push(stateErrors.stateInTemporaryFolder(refusal.message, place).sentence);
      }
      return { ...home, remarks };
    } catch (error) {
      refusal ??= error instanceof JamdevError ? error : stateErrors.stateFolderUnusable(place, errorCode(error));
      // The existing folder is unsafe. The user must see that, so no other place is tried.
      if (refusal.code === 'StateFolderUnsafe') break;
    }
  }
  throw refusal ?? stateErrors.stateFolderUnusable('~', 'no home folder');
}

/** Returns the file in a temporary folder that says which folder it replaces. */
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
