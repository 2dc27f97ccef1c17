import { explainSystemError, type FileUse, type Unnamed } from '../system-errors.js';
import type { ErrorCode } from './error-codes.js';
import { JamdevError } from './jamdev-error.js';

/**
 * An error of the system about a file or folder.
 * @param what what jamdev can't do, as the beginning of a sentence
 * @param cause `detail`: the system's name of the error, such as ENOSPC; another text stands for itself
 * @param otherwise the remedy where the error itself does not suggest one
 */
export function fileError(
  code: ErrorCode,
  what: string,
  cause: { path: string | Unnamed; use: FileUse; detail: string },
  otherwise: string,
): JamdevError {
  const { reason, remedy } = explainSystemError(cause.detail, cause.path, cause.use);
  // The caller knows best where a wrong path is corrected.
  const ownRemedy = cause.detail === 'ENOENT' && cause.use === 'read' ? '' : remedy;
  return new JamdevError(code, `${what}: ${reason}.`, ownRemedy === '' ? otherwise : ownRemedy);
}
