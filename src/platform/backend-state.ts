import type { Status, TerminationKind, TerminationReason } from '../contract/status.js';
import { STATUSES } from '../contract/statuses.js';
import type { Exit } from '../runtime/runtime.js';

/** A state of a backend: its status, when it was entered, and the details that only this status has. */
export type BackendState =
  | { status: 'scheduled' | 'loading' | 'starting' | 'waiting' | 'ready'; time: Date }
  | { status: 'terminating' | 'hard-terminating'; time: Date; reason: TerminationReason }
  | {
      status: 'terminated';
      time: Date;
      /** The exit code as a shell shows it; null if no process ever ran or its exit is unknown. */
      exitCode: number | null;
      exitSignal: string | null;
      /** Whether the process failed, for processes whose exit code is unknown. */
      exitError?: boolean;
      /** The last status before the backend began to end. */
      lastStatus: Status;
      reason?: TerminationReason;
      kind?: TerminationKind;
    };

export type EndedState = Extract<BackendState, { status: 'terminated' }>;
export type LiveState = Exclude<BackendState, EndedState>;

/** Returns the position of a status in the order that backends pass through, starting at 0. */
export function rankOf(status: Status): number {
  return STATUSES.indexOf(status);
}

type EndingState = Extract<BackendState, { status: 'terminating' | 'hard-terminating' }>;

function isEndUnderWay(state: BackendState): state is EndingState {
  return state.status === 'terminating' || state.status === 'hard-terminating';
}

/** Returns how a termination in progress is carried out (platform contract, "Lifecycle"). */
export function kindOf({ status }: EndingState): TerminationKind {
  return status === 'terminating' ? 'soft' : 'hard';
}

/** Whether the backend is ending or has ended. */
export function isEnding({ status }: { status: Status }): boolean {
  return rankOf(status) >= rankOf('terminating');
}

/**
 * Appends a state to the history. Backends only move forward: a state that is not further along is ignored.
 * @returns the same array if nothing changed
 */
export function advance(history: readonly BackendState[], next: BackendState): readonly BackendState[] {
  const current = history.at(-1);
  if (current !== undefined && rankOf(next.status) <= rankOf(current.status)) return history;
  return [...history, next];
}

/**
 * Makes the final state of a backend.
 * @param history all states before it
 */
export function toTerminated(
  history: readonly BackendState[],
  time: Date,
  exit: Pick<Exit, 'code' | 'signal' | 'onItsOwn'>,
): EndedState {
  const alive = history.filter((state) => !isEnding(state)).at(-1)?.status ?? 'scheduled';
  const ending = history.findLast(isEndUnderWay);
  const base = { status: 'terminated' as const, time, exitCode: exit.code, exitSignal: exit.signal, lastStatus: alive };
  // A termination that came after the exit must not hide a crash.
  if (exit.onItsOwn) return base;
  if (ending === undefined) return base;
  return { ...base, reason: ending.reason, kind: kindOf(ending) };
}
