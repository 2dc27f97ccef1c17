import { constants } from 'node:os';
import type { ErrorCode } from '../contract/errors/error-codes.js';

export const EXIT_FAILURE = 1;
/** The exit code for a mistake in the command line. */
export const EXIT_USAGE = 2;
/** As in shells, 126 for a command that can't be executed, and 127 for a command that was not found. */
const EXIT_NOT_EXECUTABLE = 126;
const EXIT_NOT_FOUND = 127;
const SIGNAL_BASE = 128;

const EXIT_CODE_OF: Partial<Record<ErrorCode, number>> = {
  Usage: EXIT_USAGE,
  ExecNotExecutable: EXIT_NOT_EXECUTABLE,
  CommandNotStarted: EXIT_NOT_EXECUTABLE,
  ExecNotFound: EXIT_NOT_FOUND,
};

/** Returns the exit code of a command that failed with this error. */
export function exitCodeOf(code: ErrorCode): number {
  return EXIT_CODE_OF[code] ?? EXIT_FAILURE;
}

/** Returns the exit code after a signal: 128 plus the signal's number, as in shells. */
export function signalExitCode(signal: NodeJS.Signals): number {
  return SIGNAL_BASE + constants.signals[signal];
}
