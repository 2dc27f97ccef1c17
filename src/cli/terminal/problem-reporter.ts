import type { DevServerEvent } from '../../dev-server/events.js';
import type { BackendState } from '../../platform/backend-state.js';
import type { Reporter } from './reporter.js';

/**
 * Passes on only problems.
 * @param reporter receives the problems
 */
export function problemsOnly(reporter: Reporter): Reporter {
  return {
    started: () => undefined,
    event: (event) => {
      if (isProblem(event)) reporter.event(event);
    },
    message: (text) => reporter.message(text),
  };
}

function isProblem(event: DevServerEvent): boolean {
  switch (event.type) {
    case 'backend-state':
      return isProblemState(event.state);
    case 'build-ended':
      return event.outcome.result === 'failed';
    case 'backend-spawned':
    case 'backend-restarting':
    case 'backend-restarted':
    case 'output':
    case 'unfinished-output':
    case 'build-started':
    case 'build-line':
    case 'build-rolled-out':
    case 'closing':
    case 'closed':
      return false;
    default:
      return true;
  }
}

/** Whether the backend crashed, or jamdev ended it because of a problem. */
function isProblemState(state: BackendState): boolean {
  if (!('reason' in state) || state.reason === undefined) return state.status === 'terminated' && state.exitCode !== 0;
  return state.reason === 'startuptimeout' || state.reason === 'internalerror' || state.reason === 'lost';
}
