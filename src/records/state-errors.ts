import { fileError } from '../contract/errors/file-error.js';
import { JamdevError } from '../contract/errors/jamdev-error.js';
import { quoteForShell } from '../contract/errors/quote-for-shell.js';
import { explainSystemError } from '../contract/system-errors.js';

/** Errors about the folder in which jamdev keeps its state. */
export const stateErrors = {
  stateFolderUnusable: (folder: string, detail: string) => {
    const { reason, remedy } = explainSystemError(detail, folder, 'write');
    return new JamdevError(
      'StateFolderUnusable',
      `jamdev can't write its folder ${folder}: ${reason}.`,
      `${remedy === '' ? 'Make it writable.' : remedy} Or set XDG_STATE_HOME to another folder.`,
    );
  },
  stateFolderForeign: (folder: string, owner: number) =>
    new JamdevError(
      'StateFolderUnsafe',
      `jamdev's folder ${folder} belongs to another user (uid ${owner}), who could change what jamdev trusts.`,
      'Remove it, or set XDG_STATE_HOME to another folder.',
    ),
  stateFolderOpen: (folder: string, mode: number) =>
    new JamdevError(
      'StateFolderUnsafe',
      `Other users can write to jamdev's folder ${folder} (mode ${mode.toString(8)}), and so change what jamdev trusts.`,
      `Check what is in it, then run: chmod 700 ${quoteForShell(folder)}`,
    ),
  stateFolderIsLink: (folder: string) =>
    new JamdevError(
      'StateFolderUnsafe',
      `jamdev's folder ${folder} is a symbolic link, but must be a real folder.`,
      'Remove the link, or set XDG_STATE_HOME to another folder.',
    ),
  oldStateInUse: (folder: string) =>
    new JamdevError(
      'StateFolderUnusable',
      `A dev server of an earlier version runs in this folder; its logs and volumes stay in ${folder} and are moved at the first start after it has stopped.`,
    ),
  oldStateStays: (first: string, more: number) =>
    new JamdevError(
      'StateFolderUnusable',
      `State of an earlier version can't be moved to the state folder and stays in use where it is: ${first}${more === 0 ? '' : `, and ${more} more`}.`,
    ),
  modesNotKept: (folder: string) =>
    new JamdevError(
      'StateFolderUnsafe',
      `The file system of ${folder} does not store permissions: other users of this machine may change what jamdev trusts.`,
      'Set XDG_STATE_HOME to a folder on another file system.',
    ),
  stateInTemporaryFolder: (why: string, folder: string) =>
    new JamdevError(
      'StateFolderUnusable',
      `${why} State is kept in ${folder} instead, which the system may delete.`,
      'To keep it, set XDG_STATE_HOME to another folder.',
    ),
  keptPortsUnusable: (path: string, detail: string) => {
    const { reason } = explainSystemError(detail, path, 'read');
    return new JamdevError(
      'StateFolderUnusable',
      `The ports that were chosen for this folder are not used, because jamdev can't read ${path}: ${reason}.`,
      `Remove that file: rm -r ${quoteForShell(path)}`,
    );
  },
  volumeUnusable: (folder: string, detail: string) =>
    fileError(
      'StateFolderUnusable',
      `jamdev can't create the folder ${folder} for a mount`,
      { path: folder, use: 'write', detail },
      'Make it writable, or set XDG_STATE_HOME to another folder.',
    ),
  volumeIsLink: (path: string) =>
    new JamdevError(
      'StateFolderUnsafe',
      `The mount leads through ${path}, which is a symbolic link or no folder.`,
      'Remove it, or mount another path.',
    ),
};
