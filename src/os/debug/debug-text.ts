import { withoutTokens } from '../../contract/connection-token.js';
import { JamdevError } from '../../contract/errors/jamdev-error.js';
import type { DebugEntry } from './debug-log.js';

/** A variable with its value, as in a command line. */
const ASSIGNMENT = /(?<![\w.])([A-Za-z_][A-Za-z0-9_]*)=("[^"]*"|'[^']*'|[^\s"']+)/g;
/** A password in a URL, and what follows the name of an authorization scheme. */
const CREDENTIALS = /(?<=:\/\/)[^\s/@]+@|(?<=\b(?:Bearer|Basic) )\S+/gi;

/** Says an entry in lines: without connection tokens, passwords, and the values of variables. The first has the time. */
export function debugLines({ area, text, error }: DebugEntry, time: Date): string[] {
  const said = error === undefined ? text : `${text}: ${describeError(error)}`;
  const [first = '', ...others] = withoutSecrets(said).split('\n').map(withoutControls);
  return [`${time.toISOString()} ${area}: ${first}`, ...others.map((line) => `  ${line}`)];
}

/** What an error quotes must not command a terminal. */
function withoutControls(line: string): string {
  return line.replace(/\p{Cc}/gu, '\ufffd');
}

/** Leaves out what must not get into a report that is passed on. */
export function withoutSecrets(text: string): string {
  return withoutTokens(text)
    .replace(CREDENTIALS, (found) => (found.endsWith('@') ? '...@' : '...'))
    .replace(ASSIGNMENT, '$1=...');
}

/** An error of jamdev or of the system says all in a line; of any other the stack shows where it came from. */
function describeError(error: unknown): string {
  // Without the last lines of a program, which are its own.
  if (error instanceof JamdevError) return `${error.code}: ${error.message} ${error.remedy}`.trimEnd();
  if (!(error instanceof Error)) return String(error);
  // Execa's own message has all that the program printed.
  if ('shortMessage' in error) return String(error.shortMessage);
  const isOfSystem = 'syscall' in error || error.name === 'AbortError';
  const cause = error.cause === undefined ? '' : `\ncaused by ${describeError(error.cause)}`;
  return `${isOfSystem ? error.message : (error.stack ?? error.message)}${cause}`;
}
