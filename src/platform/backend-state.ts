import type { Status, TerminationKind, TerminationReason } from '../contract/status.js';
import { STATUSES } from '../contract/statuses.js';
import type { Exit } from '../runtime/runtime.js';

/** The state of a backend: what its status is, since when, and what is only known in that status. */
export type BackendState =
  | { status: 'scheduled' | 'loading' | 'starting' | 'waiting' | 'ready'; time: Date }
  | { status: 'terminating' | 'hard-terminating'; time: Date; reason: TerminationReason }
  | {
      status: 'terminated';
      time: Date;
      /** As a shell shows it; null when no process ever ran or its fate is unknown. */
      exitCode: number | null;
      exitSignal: string | null;
      /** Whether its process failed, where nothing tells its exit code. */
      exitError?: boolean;
      /** The last status before it began to end. */
      lastStatus: Status;
      reason?: TerminationReason;
      kind?: TerminationKind;
    };

export type EndedState = Extract<BackendState, { status: 'terminated' }>;
export type LiveState = Exclude<BackendState, EndedState>;

/** The place of a status in the order that backends go through, from 0. */
export function rankOf(status: Status): number {
  return STATUSES.indexOf(status);
}

type EndingState = Extract<BackendState, { status: 'terminating' | 'hard-terminating' }>;

function isEndUnderWay(state: BackendState): state is EndingState {
  return state.status === 'terminating' || state.status === 'hard-terminating';
}

/** How the end that is under way is brought about (platform contract, "Lifecycle"). */
export function kindOf({ status }: EndingState): TerminationKind {
  return status === 'terminating' ? 'soft' : 'hard';
}

/** Whether the end has begun. */
export function isEnding({ status }: { status: Status }): boolean {
  return rankOf(status) >= rankOf('terminating');
}

/**
 * The history with one more state. A backend only moves forward: a state that is not further on changes nothing.
 * @returns the same array when nothing changed
 */
export function advance(history: readonly BackendState[], next: BackendState): readonly BackendState[] {
  const current = history.at(-1);
  if (current !== undefined && rankOf(next.status) <= rankOf(current.status)) return history;
  return [...history, next];
}

/**
 * The state of a backend whose end is complete, from how it came to it.
 * @param history everything before
 */
export function toTerminated(
  history: readonly BackendState[],
  time: Date,
  exit: Pick<Exit, 'code' | 'signal' | 'onItsOwn'>,
): EndedState {
  const alive = history.filter((state) => !isEnding(state)).at(-1)?.status ?? 'scheduled';
  const ending = history.findLast(isEndUnderWay);
  const base = { status: 'terminated' as const, time, exitCode: exit.code, exitSignal: exit.signal, lastStatus: alive };
  // A termination that came too late hides no crash.
  if (exit.onItsOwn) return base;
  if (ending === undefined) return base;
  return { ...base, reason: ending.reason, kind: kindOf(ending) };
}
