import { lstatSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { noteHandled } from '../os/debug/debug-log.js';
import { findProcess } from '../processes/process-table.js';
import { MOVED_SUFFIX, moveFolder } from './move-folder.js';
import { readOwnFile } from './own-file.js';
import { makeOwnFolder } from './own-folder.js';
import { stateErrors } from './state-errors.js';
import type { StateFolder } from './state-folder.js';

/** Earlier versions kept a project's state in this folder in the project. */
const OLD_STATE_FOLDER = '.jamdev';
/** Names that jamdev used. Files with other names do not belong to it. */
const BACKEND_ID = /^[a-z0-9]+$/;
const VOLUME_NAME = /^[\w-]*-[0-9a-f]{12}$/;
const MOVED = new RegExp(`^[\\w-]+\\.[0-9a-f]{12}\\${MOVED_SUFFIX}$`);
const RECORD_FILE = /\.(json|processes|tmp)$/;

/** Returns the folders in which earlier versions kept a project's logs and volumes. Some may still exist. */
export function oldStateOf(project: string): Pick<StateFolder, 'root' | 'servers' | 'logs' | 'volumes'> {
  const root = join(project, OLD_STATE_FOLDER);
  return { root, servers: join(root, 'servers'), logs: join(root, 'logs'), volumes: join(root, 'volumes') };
}

/**
 * Moves an earlier version's state from the project to the state folder. State that can't be moved stays in use where it is.
 * @param project absolute path
 * @returns remarks for the user, in sentences
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
 * Whether a dev server of an earlier version uses the old state. Anyone who created the folder may have written such a
 * record, but a forged one can only delay the move.
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
      // Incomplete or unreadable, so it is not the record of a running dev server.
    }
  }
  return false;
}

/** Removes records of earlier versions. They can't be trusted, because they may have come with the project. */
function removeRecords(servers: string): void {
  if (!isRealFolder(servers)) return;
  for (const name of namesIn(servers)) {
    const path = join(servers, name);
    if (RECORD_FILE.test(name) && lstatSync(path, { throwIfNoEntry: false })?.isFile()) rmSync(path, { force: true });
  }
}

/** Removes folders that were copied by a start that was interrupted before it could delete them. */
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
    // Another start may have removed it first.
  }
}

function removeIfEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch (error) {
    noteHandled('state', 'removing a folder of an earlier version', error);
    // The folder is not empty or no longer exists: nothing to do.
  }
}

/** Lists real folders in a real folder, by name. Links are excluded, since they could point anywhere. */
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
