import { accessSync, constants, lstatSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { JamdevError, problem } from '../contract/errors.js';
import { errorCode } from '../os/error-code.js';
import { makeOwnFolder, makeParents } from './own-folder.js';

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
 * The places for state, the best first: `jamdev` where the XDG base directory specification has state, on macOS too, and
 * for a user whose home can't be written, one of this user's own among the temporary files.
 */
export function stateHomePlaces(env: NodeJS.ProcessEnv = process.env): string[] {
  const temporary = join(tmpdir(), `jamdev-${process.getuid?.() ?? 'state'}`);
  const named = env.XDG_STATE_HOME;
  if (named !== undefined && isAbsolute(named)) return [join(named, 'jamdev'), temporary];
  const home = findHome();
  return home === undefined ? [temporary] : [join(home, '.local', 'state', 'jamdev'), temporary];
}

/** @returns the folder of the state, existing or not, without changing the disk */
export function findStateHome(env: NodeJS.ProcessEnv = process.env): StateHome {
  const places = stateHomePlaces(env);
  return at(places.find(isWritableFolder) ?? (places[0] as string), []);
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
      if (refusal !== undefined) remarks.push(problem.stateInTemporaryFolder(refusal.message, place).sentence);
      return { ...home, remarks };
    } catch (error) {
      refusal ??= error instanceof JamdevError ? error : problem.stateFolderUnusable(place, errorCode(error));
      // Something is wrong with the existing folder: the user must see that, so no other place is used.
      if (refusal.code === 'StateFolderUnsafe') break;
    }
  }
  throw refusal ?? problem.stateFolderUnusable('~', 'no home folder');
}

function at(root: string, remarks: string[]): StateHome {
  return { root, projects: join(root, 'projects'), remarks };
}

function findHome(): string | undefined {
  try {
    const home = homedir();
    return isAbsolute(home) ? home : undefined;
  } catch {
    // A user that is unknown to the system has no home.
    return undefined;
  }
}

function isWritableFolder(path: string): boolean {
  try {
    if (!lstatSync(path).isDirectory()) return false;
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
