import { lstatSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { noteHandled } from '../os/debug/debug-log.js';
import { findProcess } from '../processes/process-table.js';
import { MOVED_SUFFIX, moveFolder } from './move-folder.js';
import { readOwnFile } from './own-file.js';
import { makeOwnFolder } from './own-folder.js';
import { stateErrors } from './state-errors.js';
import type { StateFolder } from './state-folder.js';

/** Where earlier versions kept a project's state: a folder in the project. */
const OLD_STATE_FOLDER = '.jamdev';
/** Names that jamdev used: files with other names are not its own. */
const BACKEND_ID = /^[a-z0-9]+$/;
const VOLUME_NAME = /^[\w-]*-[0-9a-f]{12}$/;
const MOVED = new RegExp(`^[\\w-]+\\.[0-9a-f]{12}\\${MOVED_SUFFIX}$`);
const RECORD_FILE = /\.(json|processes|tmp)$/;

/** Where earlier versions kept a project's logs and volumes; some may still be there. */
export function oldStateOf(project: string): Pick<StateFolder, 'root' | 'servers' | 'logs' | 'volumes'> {
  const root = join(project, OLD_STATE_FOLDER);
  return { root, servers: join(root, 'servers'), logs: join(root, 'logs'), volumes: join(root, 'volumes') };
}

/**
 * Moves what an earlier version kept in the project to the state folder. What can't be moved stays, and stays in use.
 * @param project absolute path
 * @returns what the user should know, in sentences
 */
export async function moveOldState(project: string, folder: StateFolder): Promise<string[]> {
  const old = oldStateOf(project);
  if (!isRealFolder(old.root)) return [];
  if (await isInUse(old.servers)) return [stateErrors.oldStateInUse(old.root).sentence];
  removeMoved(old);
  const refusals: string[] = [];
  const move = async (from: string, to: string) => {
    const refusal = await moveFolder(from, to, folder.root);
    if (refusal !== undefined) refusals.push(`${from}: ${refusal}`);
  };
  for (const id of foldersIn(old.logs, BACKEND_ID)) await move(join(old.logs, id), join(folder.logs, id));
  for (const service of foldersIn(old.volumes, VOLUME_NAME)) {
    const [from, to] = [join(old.volumes, service), join(folder.volumes, service)];
    for (const path of [folder.volumes, to]) makeOwnFolder(path);
    for (const key of foldersIn(from, VOLUME_NAME)) await move(join(from, key), join(to, key));
    removeIfEmpty(from);
  }
  removeRecords(old.servers);
  for (const path of [old.logs, old.volumes, old.servers]) removeIfEmpty(path);
  if (namesIn(old.root).join() === '.gitignore') removeGitignore(old.root);
  removeIfEmpty(old.root);
  const [first] = refusals;
  return first === undefined ? [] : [stateErrors.oldStateStays(first, refusals.length - 1).sentence];
}

/**
 * Whether a dev server of an earlier version uses that state. Such a record can only delay the move:
 * anyone who created the folder may have written it.
 */
async function isInUse(servers: string): Promise<boolean> {
  if (!isRealFolder(servers)) return false;
  for (const name of namesIn(servers)) {
    if (!name.endsWith('.json')) continue;
    try {
      const { pid, startId } = JSON.parse(readOwnFile(join(servers, name)) ?? '{}') as Record<string, unknown>;
      if (typeof pid !== 'number' || typeof startId !== 'string') continue;
      if ((await findProcess(pid))?.startId === startId) return true;
    } catch (error) {
      noteHandled('state', 'reading a record of an earlier version', error);
      // Incomplete or unreadable: not the record of a running dev server.
    }
  }
  return false;
}

/** Records of earlier versions can't be trusted: they may have come with the project. */
function removeRecords(servers: string): void {
  if (!isRealFolder(servers)) return;
  for (const name of namesIn(servers)) {
    const path = join(servers, name);
    if (RECORD_FILE.test(name) && lstatSync(path, { throwIfNoEntry: false })?.isFile()) rmSync(path, { force: true });
  }
}

/** Copied by a start that ended before it could delete them. */
function removeMoved({ logs, volumes }: Pick<StateFolder, 'logs' | 'volumes'>): void {
  const services = foldersIn(volumes, VOLUME_NAME).map((name) => join(volumes, name));
  for (const path of [logs, ...services]) {
    for (const name of foldersIn(path, MOVED)) rmSync(join(path, name), { recursive: true, force: true });
  }
}

function removeGitignore(root: string): void {
  const path = join(root, '.gitignore');
  try {
    if (readOwnFile(path, null) === '*\n') rmSync(path);
  } catch (error) {
    noteHandled('state', 'removing the .gitignore of an earlier version', error);
    // Another start was faster.
  }
}

function removeIfEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch (error) {
    noteHandled('state', 'removing a folder of an earlier version', error);
    // It is not empty, or it is gone: there is nothing to do.
  }
}

/** Real folders in a real folder, by name: a link could lead anywhere. */
function foldersIn(path: string, pattern: RegExp): string[] {
  if (!isRealFolder(path)) return [];
  return namesIn(path).filter((name) => pattern.test(name) && isRealFolder(join(path, name)));
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(path).sort();
  } catch (error) {
    noteHandled('state', 'listing a folder of an earlier version', error);
    return [];
  }
}

function isRealFolder(path: string): boolean {
  try {
    return lstatSync(path).isDirectory();
  } catch (error) {
    noteHandled('state', 'looking at a folder of an earlier version', error);
    return false;
  }
}
