import { accessSync, constants, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { problem } from '../contract/errors.js';
import { errorCode } from '../os/error-code.js';

/** Name of the folder, inside the project folder, in which jamdev keeps what outlives a moment. */
export const STATE_FOLDER = '.jamdev';

/** Paths inside a project's state folder. */
export interface StateFolder {
  root: string;
  /** One record per dev server, running or left behind. */
  servers: string;
  /** One folder per backend. */
  logs: string;
  /** What containers keep at /plane-data, one folder per key. Made when needed. */
  volumes: string;
}

/** @returns where a project's state lies, without touching the disk. */
export function stateFolderOf(project: string): StateFolder {
  const root = join(project, STATE_FOLDER);
  return { root, servers: join(root, 'servers'), logs: join(root, 'logs'), volumes: join(root, 'volumes') };
}

/**
 * Creates the state folder, readable by this user only; it ignores itself for git.
 * @throws JamdevError `StateFolderUnusable`
 */
export function createStateFolder(project: string): StateFolder {
  const folder = stateFolderOf(project);
  try {
    for (const path of [folder.root, folder.servers, folder.logs]) makeFolder(path);
    writeIfChanged(join(folder.root, '.gitignore'), '*\n');
    // The dot: mkdir with `recursive` is content with a file in the place of the folder.
    for (const path of [folder.servers, folder.logs]) accessSync(`${path}/.`, constants.W_OK);
  } catch (error) {
    throw problem.stateFolderUnusable(folder.root, errorCode(error));
  }
  return folder;
}

/** Not `recursive`: where the system takes no new folder at all (/proc), Node.js would try for ever. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

function writeIfChanged(path: string, text: string): void {
  try {
    if (readFileSync(path, 'utf8') === text) return;
  } catch {
    // Not there yet.
  }
  writeFileSync(path, text);
}
