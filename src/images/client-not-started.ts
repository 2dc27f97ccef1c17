import type { JamdevError } from '../contract/errors/jamdev-error.js';
import { dockerErrors } from '../docker-engine/docker-errors.js';
import { processErrors } from '../processes/process-errors.js';
import { explainStartFailure, type StartAttempt } from '../processes/start-failure.js';

/** Why the docker client could not be started: there is none, or what it was given is too much for the system. */
export function clientNotStarted(cause: unknown, attempt: StartAttempt): JamdevError {
  const { kind, reason, remedy } = explainStartFailure(cause, attempt);
  if (kind === 'missing') return dockerErrors.dockerMissing();
  return processErrors.commandNotStarted(attempt.file, kind === 'not-executable', reason, remedy);
}
