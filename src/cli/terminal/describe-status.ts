import { type PublicStatus, REASON_WORDS, type Status } from '../../contract/status.js';
import type { EndedState } from '../../platform/backend-state.js';

/** The statuses in which a process runs. */
const WITH_PROCESS: readonly Status[] = ['waiting', 'ready'];

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

/** Describes how a process ended: by which signal, and with which exit code. */
export function describeExit({
  exitSignal,
  exitCode,
  lastStatus,
}: Pick<EndedState, 'exitSignal' | 'exitCode' | 'lastStatus'>): string {
  if (exitCode !== null) return exitSignal === null ? `exit code ${exitCode}` : `${exitSignal}, exit code ${exitCode}`;
  // An engine that stopped answering tells no exit code of a container that ran.
  return exitSignal ?? (WITH_PROCESS.includes(lastStatus) ? 'exit code unknown' : 'not started');
}
