import { randomBytes } from 'node:crypto';
import type { ErrorRequestHandler } from 'express';
import { errorBody } from '../contract/errors/error-body.js';
import { RETRY_AFTER_SECONDS } from '../contract/errors/error-codes.js';
import { JamdevError } from '../contract/errors/jamdev-error.js';
import { requestErrors } from '../contract/errors/request-errors.js';
import { MAX_API_BODY_BYTES } from '../contract/limits.js';
import { noteHandled } from '../os/debug/debug-log.js';
import { asSystemProblem } from '../os/system-problem.js';
import { sendJson } from './json.js';

/**
 * Converts every error to the platform's error format. An internal fault of jamdev is answered without details, and
 * reported with the id in the answer.
 * @param report receives faults
 */
export function answerError(report: (error: unknown, id: string) => void): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    const id = randomBytes(6).toString('hex');
    // The client has disconnected: no answer is needed, and the server is not at fault.
    if (response.destroyed) return;
    const known = toKnownError(error);
    noteHandled('api', `${request.method} ${request.path} is answered with an error (id ${id})`, error);
    if (known === undefined) report(error, id);
    if (response.headersSent) return next(error);
    const answered = known ?? requestErrors.internal();
    const retryAfter = RETRY_AFTER_SECONDS[answered.code];
    if (retryAfter !== undefined) response.setHeader('retry-after', retryAfter);
    if (answered.status === 401) response.setHeader('www-authenticate', 'Bearer');
    sendJson(response, errorBody(answered, id), answered.status);
  };
}

/**
 * Converts an error to a JamdevError if its cause is known. Errors of express.json() and of Express's path decoding
 * have a type and a status. @returns undefined for an internal fault
 */
export function toKnownError(error: unknown): JamdevError | undefined {
  if (error instanceof JamdevError) return error;
  const { type, status, message } = (error ?? {}) as { type?: string; status?: number; message?: string };
  if (type === 'entity.parse.failed') return requestErrors.invalidJson(message ?? "it can't be parsed");
  if (type === 'entity.too.large') return requestErrors.bodyTooLarge(MAX_API_BODY_BYTES);
  if (error instanceof URIError) return requestErrors.pathUnreadable(message ?? '');
  if (status !== undefined && status >= 400 && status < 500)
    return requestErrors.bodyUnreadable(message ?? `status ${status}`);
  return asSystemProblem(error);
}
