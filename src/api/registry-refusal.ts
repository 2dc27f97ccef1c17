import { randomBytes } from 'node:crypto';
import type { ErrorRequestHandler } from 'express';
import { errorBody } from '../contract/errors/error-body.js';
import { RETRY_AFTER_SECONDS } from '../contract/errors/error-codes.js';
import { toKnownError } from './error-handler.js';
import { sendJson } from './json.js';

/** A registry's error codes by HTTP status. All other statuses are denials. */
const CODES: Record<number, string> = { 401: 'UNAUTHORIZED', 429: 'TOOMANYREQUESTS', 503: 'UNAVAILABLE' };

/**
 * Answers errors in a registry's format as well, which docker shows to the user. Faults are passed to the next handler.
 */
export const answerErrorAsRegistry: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  const known = toKnownError(error);
  if (known === undefined || response.headersSent || response.destroyed) return next(error);
  const { code, status, sentence } = known;
  const retryAfter = RETRY_AFTER_SECONDS[code];
  if (retryAfter !== undefined) response.setHeader('retry-after', retryAfter);
  if (status === 401) response.setHeader('www-authenticate', 'Basic realm="jamdev"');
  const errors = [{ code: CODES[status] ?? 'DENIED', message: sentence }];
  sendJson(response, { ...errorBody(known, randomBytes(6).toString('hex')), errors }, status);
};
