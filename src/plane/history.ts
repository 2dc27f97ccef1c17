import type { Status } from '../contract/status.js';
import { type BackendState, isEnding } from '../platform/backend-state.js';
import type { BackendRow } from '../store/backends.js';
import type { StatusRow } from '../store/statuses.js';
import type { PlaneStatus } from './controller-wire.js';

/** The statuses in which a backend has no process yet. */
const WITHOUT_PROCESS: readonly Status[] = ['scheduled', 'loading', 'starting'];

/** Converts a status to its form in the store. */
export function toStatusRow(status: PlaneStatus): StatusRow {
  return {
    status: status.status,
    time: new Date(status.time),
    ...(status.termination_reason != null && { reason: status.termination_reason }),
    ...(status.termination_kind != null && { kind: status.termination_kind }),
    ...(status.exit_error != null && { exitError: status.exit_error }),
  };
}

/**
 * Returns the states of a backend, from its row. The times come from several machines; they are made strictly
 * increasing, because the official client sorts statuses by them.
 */
export function toHistory({ history, exitCode }: Pick<BackendRow, 'history' | 'exitCode'>): BackendState[] {
  const states: BackendState[] = [];
  for (const row of history) states.push(nextState(states, row, exitCode));
  return states;
}

/** Converts a status to a state, given the states before it. */
export function nextState(before: readonly BackendState[], row: StatusRow, exitCode: number | null): BackendState {
  const earliestMs = (before.at(-1)?.time.getTime() ?? 0) + 1;
  const time = new Date(Math.max(row.time.getTime(), earliestMs));
  const { status, reason, kind, exitError } = row;
  if (status === 'terminating' || status === 'hard-terminating') {
    return { status, time, reason: reason ?? 'external' };
  }
  if (status !== 'terminated') return { status, time };
  const lastStatus = before.findLast((state) => !isEnding(state))?.status ?? 'scheduled';
  // Plane does not report an error if a backend never got a process because its image or container failed; jamdev does.
  const hasFailed = reason === undefined && WITHOUT_PROCESS.includes(lastStatus) ? true : exitError;
  return {
    status,
    time,
    exitCode,
    exitSignal: null,
    ...(hasFailed !== undefined && { exitError: hasFailed }),
    lastStatus,
    ...(reason !== undefined && { reason }),
    ...(kind !== undefined && { kind }),
  };
}
