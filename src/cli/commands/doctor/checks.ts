import { JamdevError } from '../../../contract/errors/jamdev-error.js';
import { pause } from '../../../os/clock.js';
import { type Finding, trouble } from './finding.js';

/**
 * Runs a check with a timeout.
 * @param name shown if the check fails or times out
 * @param deadlineMs the timeout, after which the check's signal aborts
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
  // Deferred, so that synchronous work in one check does not delay the start of the others.
  const found = pause(0).then(() => check(given.signal));
  try {
    return [await Promise.race([found, pause(deadlineMs).then(() => late)])].flat();
  } catch (error) {
    if (error instanceof JamdevError) return [trouble(name, 'failure', error)];
    return [{ check: name, status: 'warning', text: `This check failed: ${String(error)}.`, remedy: '' }];
  } finally {
    given.abort();
  }
}
