import { fileError } from '../contract/errors/file-error.js';
import { JamdevError } from '../contract/errors/jamdev-error.js';

/** Errors about files and folders that are missing or that the system refuses to use. */
export const pathErrors = {
  folderMissing: (folder: string) =>
    new JamdevError('NothingToRun', `There is no folder ${folder}.`, 'Check the path.'),
  /** @param path empty if the system did not report it */
  systemRefused: (verb: string, path: string, detail: string) =>
    fileError(
      'SystemRefused',
      `jamdev can't ${verb}${path === '' ? ' a file' : ` ${path}`}`,
      { path: path === '' ? { phrase: 'the project' } : path, use: 'use', detail },
      'Check the path, its permissions, and the limits of this user (ulimit -a).',
    ),
  currentFolderGone: () =>
    new JamdevError(
      'FolderUnusable',
      'The current folder has been deleted or moved.',
      'Change to a folder that exists (cd ..), and run the command there.',
    ),
};
