import { type PublicStatus, REASON_WORDS } from '../../contract/status.js';

/** What is known of a backend beyond its status. */
export interface StatusDetails {
  /** Of one that has ended. */
  exitCode?: number | null | undefined;
  /** See `Backend.explanation`. */
  explanation?: string | null | undefined;
}

/** Describes a status in words: `terminated (external, soft: on request; exit code 0)`. */
export function describeStatus(status: PublicStatus, { exitCode, explanation }: StatusDetails = {}): string {
  const exit = typeof exitCode === 'number' ? `; exit code ${exitCode}` : '';
  if (status.termination_reason !== undefined) {
    const kind = status.termination_kind === undefined ? '' : `, ${status.termination_kind}`;
    const why = explanation ?? REASON_WORDS[status.termination_reason];
    return `${status.status} (${status.termination_reason}${kind}: ${why}${exit})`;
  }
  if (status.status !== 'terminated') return status.status;
  return `terminated (${status.exit_error ? 'it failed' : 'it exited'} by itself${exit})`;
}
