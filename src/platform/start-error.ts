import type { ErrorCode } from '../contract/errors/error-codes.js';
import { JamdevError } from '../contract/errors/jamdev-error.js';
import { asSystemProblem } from '../os/system-problem.js';

/** The exit codes of shells for a command that does not exist or can't be executed. */
const EXIT_CODES: Partial<Record<ErrorCode, number>> = { CommandNotFound: 127, CommandNotExecutable: 126 };

/**
 * Explains why a backend could not be started.
 * @returns `isFault`: whether jamdev itself failed; `exitCode`: the exit code that a shell would show, or null if there
 *   is none
 */
export function explainStartError(error: unknown): { sentence: string; exitCode: number | null; isFault: boolean } {
  const known = error instanceof JamdevError ? error : asSystemProblem(error);
  if (known === undefined)
    return { sentence: `jamdev failed to start it: ${String(error)}`, exitCode: null, isFault: true };
  return { sentence: known.sentence, exitCode: EXIT_CODES[known.code] ?? null, isFault: false };
}
