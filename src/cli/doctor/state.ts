import { mkdtempSync, readdirSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { problem } from '../../contract/errors.js';
import { MAX_LOGS, MAX_TOTAL_BYTES } from '../../logs/log-store.js';
import { errorCode } from '../../os/error-code.js';
import { type StateFolder, stateFolderOf } from '../../records/state-folder.js';
import { findRegistryProblem } from '../../records/user-registry.js';
import { counted } from '../terminal/counted.js';
import { formatSize } from '../terminal/size.js';
import { type Finding, fine, trouble } from './finding.js';

/** Whether jamdev can keep its things in a project; nothing is left there by trying. */
export function checkStateFolder(project: string): Finding {
  const folder = stateFolderOf(project);
  try {
    for (const path of writtenTo(project, folder)) rmdirSync(mkdtempSync(join(path, '.jamdev-check-')));
    return fine('state folder', `${folder.root} can be written`);
  } catch (error) {
    const detail = errorCode(error);
    return trouble('state folder', 'failure', problem.stateFolderUnusable(folder.root, detail));
  }
}

/** How much logs take, in bytes. */
export function checkLogs(project: string): Finding {
  const { logs } = stateFolderOf(project);
  const names = list(logs);
  const bytes = names.reduce((sum, name) => sum + sizeOf(join(logs, name)), 0);
  const limits = `at most ${MAX_LOGS} of ended backends and ${formatSize(MAX_TOTAL_BYTES)} are kept`;
  if (names.length === 0) return fine('logs', `none (${limits})`);
  return fine('logs', `of ${counted(names.length, 'backend')}, ${formatSize(bytes)} (${limits})`);
}

/** Whether dev servers can be found from other folders; nothing to say if they can. */
export function checkRegistry(): Finding[] {
  const error = findRegistryProblem();
  return error === undefined ? [] : [trouble('user state', 'warning', error)];
}

/** Where a dev server makes files: in the project as long as there is no state folder. */
function writtenTo(project: string, { root, servers, logs }: StateFolder): string[] {
  if (statSync(root, { throwIfNoEntry: false }) === undefined) return [project];
  return [root, ...[servers, logs].filter((path) => statSync(path, { throwIfNoEntry: false }) !== undefined)];
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function sizeOf(folder: string): number {
  return list(folder).reduce((sum, name) => {
    // Old parts of a log go while it is looked at.
    return sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0);
  }, 0);
}
