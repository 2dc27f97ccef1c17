import { existsSync, mkdtempSync, readdirSync, rmdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { JamdevError } from '../../../contract/errors/jamdev-error.js';
import { MAX_LOGS, MAX_TOTAL_BYTES } from '../../../logs/log-store.js';
import { noteHandled } from '../../../os/debug/debug-log.js';
import { errorCode } from '../../../os/error-code.js';
import { checkOwnFolder } from '../../../records/own-folder.js';
import { stateErrors } from '../../../records/state-errors.js';
import { stateFolderOf } from '../../../records/state-folder.js';
import { counted } from '../../terminal/counted.js';
import { formatSize } from '../../terminal/size.js';
import { type Finding, fine, trouble } from './finding.js';

/** Checks where jamdev keeps its state, and whether it can write there. Leaves nothing behind. */
export function checkStateFolder(project: string): Finding {
  const check = 'state folder';
  const folder = stateFolderOf(project);
  try {
    const own = [dirname(dirname(folder.root)), dirname(folder.root), folder.root, folder.servers, folder.logs];
    const remarks = own.filter((path) => existsSync(path)).flatMap((path) => checkOwnFolder(path));
    for (const path of own) rmdirSync(mkdtempSync(join(nearest(path), '.check-')));
    const [remark] = remarks;
    if (remark !== undefined) return { check, status: 'warning', text: remark, remedy: '' };
    return fine(check, `${folder.root} is writable`);
  } catch (error) {
    if (error instanceof JamdevError) return trouble(check, 'failure', error);
    return trouble(check, 'warning', stateErrors.stateFolderUnusable(folder.root, errorCode(error)));
  }
}

/** Reports the size of the logs. */
export function checkLogs(project: string): Finding {
  const { logs } = stateFolderOf(project);
  const names = list(logs);
  const bytes = names.reduce((sum, name) => sum + sizeOf(join(logs, name)), 0);
  const limits = `at most ${MAX_LOGS} of ended backends and ${formatSize(MAX_TOTAL_BYTES)} are kept`;
  if (names.length === 0) return fine('logs', `none (${limits})`);
  return fine('logs', `of ${counted(names.length, 'backend')}, ${formatSize(bytes)} (${limits})`);
}

/** Returns the folder, or the nearest existing parent folder in which it would be created. */
function nearest(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearest(dirname(path));
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    noteHandled('cli', 'listing a folder', error);
    return [];
  }
}

function sizeOf(folder: string): number {
  return list(folder).reduce((sum, name) => {
    // Old parts of a log may be deleted in the meantime.
    return sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0);
  }, 0);
}
