import type { CommanderError } from 'commander';
import { JamdevError } from '../contract/errors/jamdev-error.js';
import { asSystemProblem } from '../os/system-problem.js';
import { EXIT_FAILURE, EXIT_USAGE, exitCodeOf } from './exit-codes.js';
import type { Output } from './terminal/output.js';

/** Commands whose arguments may include a `--json` for another program. */
const WITHOUT_JSON = ['exec', 'completion', 'complete'];

/** Whether a command line asks for JSON output. Decided before parsing, because parsing may fail. */
export function wantsJson([command = '', ...args]: readonly string[]): boolean {
  if (WITHOUT_JSON.includes(command)) return false;
  const end = args.indexOf('--');
  return args.slice(0, end === -1 ? undefined : end).includes('--json');
}

/**
 * Reports on stderr why a command failed: in sentences, or as one JSON object in the API's format with an additional
 * `remedy`.
 * @returns the exit code
 */
export function reportError(error: unknown, stderr: Output, json: boolean): number {
  // commander has printed its own message.
  if (isCommanderError(error)) return error.exitCode === 0 ? 0 : EXIT_USAGE;
  const known = error instanceof JamdevError ? error : asSystemProblem(error);
  if (known !== undefined) {
    const { code, message, remedy } = known;
    if (json) stderr.jsonWithHints({ error: { code, message, remedy } });
    else {
      stderr.lines(`jamdev: ${message}`);
      if (remedy !== '') for (const line of remedy.split('\n')) stderr.line(line);
    }
    return exitCodeOf(code);
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (json)
    stderr.json({ error: { code: 'InternalError', message: `an error in jamdev itself: ${detail}`, remedy: '' } });
  else {
    stderr.line('jamdev: an error in jamdev itself.');
    stderr.lines(detail);
  }
  return EXIT_FAILURE;
}

/** Whether an error is from commander. Checked by its code, so that commands without a parser don't load commander. */
function isCommanderError(error: unknown): error is CommanderError {
  return error instanceof Error && String((error as { code?: unknown }).code).startsWith('commander.');
}

/** Converts commander's message about the command line to JSON. */
export function usageErrorJson(text: string): object {
  return { error: { code: 'Usage', message: text.trim().replace(/^error: /, ''), remedy: '' } };
}
