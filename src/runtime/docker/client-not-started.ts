import { type JamdevError, problem } from '../../contract/errors.js';
import { explainStartFailure, type StartAttempt } from '../../processes/start-failure.js';

/** Why the docker client could not be started: there is none, or what it was given is too much for the system. */
export function clientNotStarted(cause: unknown, attempt: StartAttempt): JamdevError {
  const { kind, reason, remedy } = explainStartFailure(cause, attempt);
  if (kind === 'missing') return problem.dockerMissing();
  return problem.commandNotStarted(attempt.file, kind === 'not-executable', reason, remedy);
}
