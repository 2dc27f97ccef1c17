import { JamdevError } from './jamdev-error.js';

/** @returns the error of a command line that can't be understood: the command ends with exit code 2 */
export function usageError(message: string, remedy = ''): JamdevError {
  return new JamdevError('Usage', message, remedy);
}
