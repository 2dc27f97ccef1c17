import type { JamdevError } from '../contract/errors/jamdev-error.js';
import { dockerErrors } from '../docker-engine/docker-errors.js';
import { processErrors } from '../processes/process-errors.js';
import { explainStartFailure, type StartAttempt } from '../processes/start-failure.js';

/**
 * Explains why the docker client could not be started: it is missing, or its arguments and environment exceed the system's
 * limits.
 */
export function clientNotStarted(cause: unknown, attempt: StartAttempt): JamdevError {
  const { kind, reason, remedy } = explainStartFailure(cause, attempt);
  if (kind === 'missing') return dockerErrors.dockerMissing();
  return processErrors.commandNotStarted(attempt.file, kind === 'not-executable', reason, remedy);
}
