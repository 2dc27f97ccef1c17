import { explainSystemError, type FileUse, type Unnamed } from '../system-errors.js';
import type { ErrorCode } from './error-codes.js';
import { JamdevError } from './jamdev-error.js';

/**
 * Makes an error from a system error about a file or folder.
 * @param what the beginning of the sentence, which says what jamdev can't do
 * @param cause `detail`: the name of the system error, such as ENOSPC, or another text
 * @param otherwise the remedy, if the system error does not suggest one
 */
export function fileError(
  code: ErrorCode,
  what: string,
  cause: { path: string | Unnamed; use: FileUse; detail: string },
  otherwise: string,
): JamdevError {
  const { reason, remedy } = explainSystemError(cause.detail, cause.path, cause.use);
  // The caller knows best where to correct a wrong path.
  const ownRemedy = cause.detail === 'ENOENT' && cause.use === 'read' ? '' : remedy;
  return new JamdevError(code, `${what}: ${reason}.`, ownRemedy === '' ? otherwise : ownRemedy);
}
