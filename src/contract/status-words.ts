import type { PublicStatus, Status, TerminationReason } from './wire-types.js';

/** The statuses in which a process is running. */
const WITH_PROCESS: readonly Status[] = ['waiting', 'ready'];

/** The meaning of each reason, for a backend without its own explanation. */
const REASON_WORDS: Record<TerminationReason, string> = {
  swept: 'no client was connected, or its lifetime limit was reached',
  external: 'on request',
  keyexpired: 'its key expired',
  lost: 'its runtime was lost',
  startuptimeout: 'it did not answer on its port in time',
  internalerror: 'jamdev failed to run it',
};

/** How the process of a backend ended, if known. */
export interface ProcessEnd {
  exitCode?: number | null | undefined;
  exitSignal?: string | null | undefined;
  /** The last status before it began to end. */
  lastStatus?: Status | undefined;
}

/** Details of a backend beyond its status. */
export interface StatusDetails extends ProcessEnd {
  /** See `Backend.explanation`. */
  explanation?: string | null | undefined;
}

/**
 * Describes a status in words: `terminating (on request)`, `terminated (on request; exit code 0)`,
 * `terminated (crashed: SIGSEGV, exit code 139)`.
 */
export function describeStatus(status: PublicStatus, details: StatusDetails = {}): string {
  const { termination_reason: reason, termination_kind: kind, exit_error: failed = false } = status;
  if (reason !== undefined) {
    const why = describeReason(reason, details.explanation);
    const exit = isKnown(details) ? `; ${describeExit(details)}` : '';
    const byForce = kind === 'hard' && status.status === 'terminated' ? ' by force' : '';
    return `${status.status}${byForce} (${why}${exit})`;
  }
  if (status.status !== 'terminated') return status.status;
  return `terminated (${describeOwnEnd(failed, details)})${details.explanation ? `. ${details.explanation}` : ''}`;
}

/**
 * Describes why a backend is ending, including the platform's reason, except for `external`, where the explanation says
 * more.
 * @param explanation see `Backend.explanation`
 */
export function describeReason(reason: TerminationReason, explanation: string | null | undefined): string {
  const words = explanation ?? REASON_WORDS[reason];
  return reason === 'external' ? words : `${reason}: ${words}`;
}

/** Describes the end of a backend that ended on its own. */
export function describeOwnEnd(failed: boolean, end: ProcessEnd): string {
  const hasNeverRun = end.lastStatus !== undefined && !WITH_PROCESS.includes(end.lastStatus);
  if (failed && hasNeverRun) return 'it could not be started';
  const what = failed ? 'crashed' : 'exited by itself';
  return isKnown(end) ? `${what}: ${describeExit(end)}` : what;
}

/** Describes how a process ended: its signal, its exit code, or both. */
export function describeExit({ exitSignal, exitCode, lastStatus }: ProcessEnd): string {
  if (exitCode != null) return exitSignal == null ? `exit code ${exitCode}` : `${exitSignal}, exit code ${exitCode}`;
  // An engine that stopped answering reports no exit code, even if the container ran.
  if (exitSignal != null) return exitSignal;
  return lastStatus === undefined || WITH_PROCESS.includes(lastStatus) ? 'exit code unknown' : 'not started';
}

/** Whether anything is known about the end of the process. */
function isKnown({ exitCode, exitSignal, lastStatus }: ProcessEnd): boolean {
  return exitCode != null || exitSignal != null || (exitCode === null && lastStatus !== undefined);
}
