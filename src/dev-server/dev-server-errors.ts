import { JamdevError } from '../contract/errors/jamdev-error.js';

/** Errors of a starting or running dev server. */
export const devServerErrors = {
  stateDeleted: (folder: string) =>
    new JamdevError(
      'StateFolderUnusable',
      `jamdev's state in ${folder} was deleted; the record of this dev server was restored.`,
      'Earlier logs and the data of containers in /plane-data are lost.',
    ),
  projectRenamed: (path: string, newPath: string | undefined) =>
    new JamdevError(
      'FolderUnusable',
      `The project folder ${path} was renamed${newPath === undefined ? '' : ` to ${newPath}`}. Running backends continue.`,
      'To start new backends and follow changes, stop jamdev and start it in the renamed folder.',
    ),
  projectDeleted: (path: string) =>
    new JamdevError(
      'FolderUnusable',
      `The project folder ${path} was deleted. Running backends continue; no new ones can be started.`,
      'Stop jamdev when you no longer need them.',
    ),
  projectReplaced: (path: string) =>
    new JamdevError(
      'FolderUnusable',
      `The project folder ${path} was deleted or renamed, and another folder was created in its place.`,
      'Restart jamdev to follow changes in it.',
    ),
  projectIsBack: (path: string) => new JamdevError('FolderUnusable', `The project folder is back at ${path}.`),
  usingChildProcesses: (why: string) =>
    new JamdevError('NotSupported', `${why} Backends run as child processes instead.`, ''),
};
