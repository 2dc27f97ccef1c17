import { type PublicStatus, REASON_WORDS } from '../../contract/status.js';

/**
 * A status in words: `terminated (swept, soft: nobody was connected, or its time was over; exit code 0)`.
 * @param exitCode of one that has ended, where it is known
 */
export function describeStatus(status: PublicStatus, exitCode?: number | null): string {
  const exit = typeof exitCode === 'number' ? `; exit code ${exitCode}` : '';
  if (status.termination_reason !== undefined) {
    const kind = status.termination_kind === undefined ? '' : `, ${status.termination_kind}`;
    return `${status.status} (${status.termination_reason}${kind}: ${REASON_WORDS[status.termination_reason]}${exit})`;
  }
  if (status.status !== 'terminated') return status.status;
  return `terminated (${status.exit_error ? 'it failed' : 'it exited'} by itself${exit})`;
}
