import type { BuildOutcome } from '../../contract/dev-endpoints.js';
import type { Backend } from '../../platform/backend.js';
import type { BackendState } from '../../platform/backend-state.js';
import type { Reporter } from './reporter.js';

const nothing = () => undefined;

/**
 * Passes on what goes wrong, and nothing else.
 * @param reporter who shows it
 */
export function problemsOnly(reporter: Reporter): Reporter {
  return {
    started: nothing,
    backendSpawned: nothing,
    backendState: (backend, state) => {
      if (isProblem(state)) reporter.backendState(backend, state);
    },
    backendNotice: (backend: Backend, text: string) => reporter.backendNotice(backend, text),
    output: nothing,
    unfinishedOutput: nothing,
    diskProblem: (log, error) => reporter.diskProblem(log, error),
    backendRestarting: nothing,
    backendRestarted: nothing,
    buildLine: nothing,
    rolledOut: nothing,
    watchProblem: (error) => reporter.watchProblem(error),
    buildStarted: nothing,
    buildEnded: (service: string, outcome: BuildOutcome, command) => {
      if (outcome.result === 'failed') reporter.buildEnded(service, outcome, command);
    },
    stopping: nothing,
    stopped: nothing,
    fault: (error, id) => reporter.fault(error, id),
    message: (text) => reporter.message(text),
  };
}

/** It crashed, or jamdev ended it for what it did not do. */
function isProblem(state: BackendState): boolean {
  if (!('reason' in state) || state.reason === undefined) return state.status === 'terminated' && state.exitCode !== 0;
  return state.reason === 'startuptimeout' || state.reason === 'internalerror' || state.reason === 'lost';
}
