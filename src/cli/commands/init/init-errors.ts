import { JamdevError } from '../../../contract/errors/jamdev-error.js';
import { explainSystemError } from '../../../contract/system-errors.js';

/** Errors of `init`. */
export const initErrors = {
  notAFolder: (path: string) => new JamdevError('FolderUnusable', `${path} is not a folder.`, 'Choose another one.'),
  filesInTheWay: (folder: string, files: string[]) =>
    new JamdevError(
      'FilesInTheWay',
      `Nothing was written: ${folder} already contains ${files.join(', ')}.`,
      'Choose another folder, or overwrite with --force.',
    ),
  immovableInTheWay: (folder: string, paths: string[]) =>
    new JamdevError(
      'FilesInTheWay',
      `Nothing was written: in ${folder}, a file would replace a folder or something else that is not a file: ${paths.join(', ')}.`,
      'Choose another folder, or move them away.',
    ),
  fileNotWritten: (file: string, detail: string, written: string[]) => {
    const { reason, remedy } = explainSystemError(detail, file, 'write');
    return new JamdevError(
      'FolderUnusable',
      `${file} can't be written: ${reason}. ${written.length === 0 ? 'Nothing was written.' : `Already written: ${written.join(', ')}.`}`,
      `${remedy === '' ? 'Choose another folder, or fix this one.' : remedy}${written.length === 0 ? '' : ' Then run it again with --force.'}`,
    );
  },
};
