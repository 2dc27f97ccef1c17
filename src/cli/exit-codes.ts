import { constants } from 'node:os';
import type { ErrorCode } from '../contract/errors/error-codes.js';

export const EXIT_FAILURE = 1;
/** What went wrong was a mistake in the command line itself. */
export const EXIT_USAGE = 2;
/** As shells have it: the command is there but can't be executed, and there is no such command. */
const EXIT_NOT_EXECUTABLE = 126;
const EXIT_NOT_FOUND = 127;
const SIGNAL_BASE = 128;

const EXIT_CODE_OF: Partial<Record<ErrorCode, number>> = {
  Usage: EXIT_USAGE,
  ExecNotExecutable: EXIT_NOT_EXECUTABLE,
  CommandNotStarted: EXIT_NOT_EXECUTABLE,
  ExecNotFound: EXIT_NOT_FOUND,
};

/** @returns what a command ends with that failed for such a reason */
export function exitCodeOf(code: ErrorCode): number {
  return EXIT_CODE_OF[code] ?? EXIT_FAILURE;
}

/** As shells have it: 128 and the number of the signal that ended the program. */
export function signalExitCode(signal: NodeJS.Signals): number {
  return SIGNAL_BASE + constants.signals[signal];
}
