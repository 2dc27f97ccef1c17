import { JamdevError } from './jamdev-error.js';

/** Makes the error for a mistake in the command line: the command ends with exit code 2. */
export function usageError(message: string, remedy = ''): JamdevError {
  return new JamdevError('Usage', message, remedy);
}
