import { withoutTokens } from '../../contract/connection-token.js';
import { JamdevError } from '../../contract/errors/jamdev-error.js';
import type { DebugEntry } from './debug-log.js';

/** A variable assignment, as in a command line. */
const ASSIGNMENT = /(?<![\w.])([A-Za-z_][A-Za-z0-9_]*)=("[^"]*"|'[^']*'|[^\s"']+)/g;
/** A password in a URL, or the credentials after the name of an authorization scheme. */
const CREDENTIALS = /(?<=:\/\/)[^\s/@]+@|(?<=\b(?:Bearer|Basic) )\S+/gi;

/**
 * Formats an entry as lines, the first with the time. Leaves out connection tokens, passwords and the values of variables.
 */
export function debugLines({ area, text, error }: DebugEntry, time: Date): string[] {
  const said = error === undefined ? text : `${text}: ${describeError(error)}`;
  const [first = '', ...others] = withoutSecrets(said).split('\n').map(withoutControls);
  return [`${time.toISOString()} ${area}: ${first}`, ...others.map((line) => `  ${line}`)];
}

/** Replaces control characters, so that text quoted from an error can't control a terminal. */
function withoutControls(line: string): string {
  return line.replace(/\p{Cc}/gu, '\ufffd');
}

/** Removes secrets, since users pass the debug log on in bug reports. */
export function withoutSecrets(text: string): string {
  return withoutTokens(text)
    .replace(CREDENTIALS, (found) => (found.endsWith('@') ? '...@' : '...'))
    .replace(ASSIGNMENT, '$1=...');
}

/**
 * Formats an error: one line for an error of jamdev or of the system, the stack for any other error, to show where it came
 * from.
 */
function describeError(error: unknown): string {
  // Leaves out the program's own last lines.
  if (error instanceof JamdevError) return `${error.code}: ${error.message} ${error.remedy}`.trimEnd();
  if (!(error instanceof Error)) return String(error);
  // Execa's `message` includes the program's whole output; `shortMessage` does not.
  if ('shortMessage' in error) return String(error.shortMessage);
  const isOfSystem = 'syscall' in error || error.name === 'AbortError';
  const cause = error.cause === undefined ? '' : `\ncaused by ${describeError(error.cause)}`;
  return `${isOfSystem ? error.message : (error.stack ?? error.message)}${cause}`;
}
