import type { ErrorCode } from '../contract/errors/error-codes.js';
import { JamdevError } from '../contract/errors/jamdev-error.js';
import { asSystemProblem } from '../os/system-problem.js';

/** As shells have it: there is no such command, and there is one that can't be executed. */
const EXIT_CODES: Partial<Record<ErrorCode, number>> = { CommandNotFound: 127, CommandNotExecutable: 126 };

/**
 * Explains why a backend could not be started.
 * @returns `isFault`: jamdev itself failed; `exitCode`: as a shell would show it, null if it would not
 */
export function explainStartError(error: unknown): { sentence: string; exitCode: number | null; isFault: boolean } {
  const known = error instanceof JamdevError ? error : asSystemProblem(error);
  if (known === undefined)
    return { sentence: `jamdev failed to start it: ${String(error)}`, exitCode: null, isFault: true };
  return { sentence: known.sentence, exitCode: EXIT_CODES[known.code] ?? null, isFault: false };
}
