import { type PublicStatus, REASON_WORDS } from '../../contract/status.js';

/** A status in words: `terminated (swept: nobody was connected, or its time was over)`. */
export function describeStatus(status: PublicStatus): string {
  if (status.termination_reason !== undefined) {
    const kind = status.termination_kind === undefined ? '' : `, ${status.termination_kind}`;
    return `${status.status} (${status.termination_reason}${kind}: ${REASON_WORDS[status.termination_reason]})`;
  }
  if (status.status !== 'terminated') return status.status;
  return `terminated (${status.exit_error ? 'it failed' : 'it exited'} by itself)`;
}
