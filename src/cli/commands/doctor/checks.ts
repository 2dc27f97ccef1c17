import { JamdevError } from '../../../contract/errors/jamdev-error.js';
import { pause } from '../../../os/clock.js';
import { type Finding, trouble } from './finding.js';

/**
 * Runs a check, but not forever.
 * @param name to be named if there is nothing to say of it
 * @param deadlineMs after so long it is given up, and its signal aborts
 */
export async function runCheck(
  name: string,
  deadlineMs: number,
  check: (signal: AbortSignal) => Finding | Finding[] | Promise<Finding | Finding[]>,
): Promise<Finding[]> {
  const given = new AbortController();
  const late = {
    check: name,
    status: 'warning',
    text: `No answer within ${deadlineMs / 1000} s.`,
    remedy: '',
  } as const;
  // Not earlier than now: what is synchronous in a check must not hold up the start of the others.
  const found = pause(0).then(() => check(given.signal));
  try {
    return [await Promise.race([found, pause(deadlineMs).then(() => late)])].flat();
  } catch (error) {
    if (error instanceof JamdevError) return [trouble(name, 'failure', error)];
    return [{ check: name, status: 'warning', text: `This could not be checked: ${String(error)}.`, remedy: '' }];
  } finally {
    given.abort();
  }
}
