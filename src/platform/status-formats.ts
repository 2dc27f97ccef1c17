import type { InfoStatus, PublicStatus } from '../contract/status.js';
import { V1_OF_LIVE_STATUS, type V1State } from '../contract/statuses.js';
import { type BackendState, type EndedState, kindOf } from './backend-state.js';

/**
 * Converts a state to its public v2 form: `{status, time}` and, for the last three statuses, the fields that the
 * contract adds.
 */
export function toPublicStatus(state: BackendState): PublicStatus {
  const base = { status: state.status, time: state.time.toISOString() };
  switch (state.status) {
    case 'terminating':
    case 'hard-terminating':
      return { ...base, termination_reason: state.reason, termination_kind: kindOf(state) };
    case 'terminated':
      return { ...base, ...termination(state), exit_error: exitError(state) };
    default:
      return base;
  }
}

/**
 * Converts a state to its form in `GET /v2/backend/:id`, where a terminated status has `exit_code` and `last_status`.
 */
export function toInfoStatus(state: BackendState): InfoStatus {
  if (state.status !== 'terminated') return toPublicStatus(state);
  return {
    status: state.status,
    time: state.time.toISOString(),
    ...termination(state),
    exit_code: state.exitCode,
    last_status: state.lastStatus,
  };
}

/** Returns the v1 name of a state (platform contract, "Lifecycle"). */
export function toV1State(state: BackendState): V1State {
  return state.status === 'terminated' ? endedV1State(state) : V1_OF_LIVE_STATUS[state.status];
}

/** Returns the states for a v1 stream, without repetitions. */
export function toV1Stream(history: readonly BackendState[]): { state: V1State; time: string }[] {
  return history
    .map((state) => ({ state: toV1State(state), time: state.time.toISOString() }))
    .filter((each, index, all) => each.state !== all[index - 1]?.state);
}

function endedV1State(state: EndedState): V1State {
  switch (state.reason) {
    case 'external':
      return 'Terminated';
    case 'internalerror':
    case 'lost':
      return 'Lost';
    case 'swept':
    case 'keyexpired':
      return 'Swept';
    case 'startuptimeout':
      return 'TimedOutBeforeReady';
    default:
      return endedAloneV1State(state);
  }
}

function endedAloneV1State(state: EndedState): V1State {
  if (state.lastStatus === 'scheduled' || state.lastStatus === 'loading') return 'ErrorLoading';
  if (state.lastStatus === 'starting' || state.lastStatus === 'waiting') return 'ErrorStarting';
  return state.exitCode === 0 || state.exitError === false ? 'Exited' : 'Failed';
}

/**
 * Whether the end counts as an error. A backend that was terminated before it had a process did not fail; one that
 * ended without ever getting a process did.
 */
function exitError(state: EndedState): boolean {
  if (state.exitCode !== null) return state.exitCode !== 0;
  if (state.exitError !== undefined) return state.exitError;
  return state.reason === undefined || state.reason === 'internalerror' || state.reason === 'lost';
}

function termination(state: EndedState): Pick<PublicStatus, 'termination_reason' | 'termination_kind'> {
  return {
    ...(state.reason === undefined ? {} : { termination_reason: state.reason }),
    ...(state.kind === undefined ? {} : { termination_kind: state.kind }),
  };
}
