import { isUtf8 } from 'node:buffer';
import express, { type Request, type Response } from 'express';

/** Bodies are small; more than this is a mistake. */
export const BODY_LIMIT_BYTES = 1024 * 1024;

/**
 * Reads a JSON body into `request.body`, whatever its content type: scripts often send JSON without naming it. Cross-site
 * forms are the guard's to stop. To be called as soon as the request is there: once its client has closed its side of the
 * connection, express.json() takes the request for one without a body, although all of it may have come, or only a part.
 * @throws what {@link toKnownError} knows
 */
export function readBody(request: Request, response: Response): Promise<void> {
  return new Promise((resolve, reject) => {
    readJson(request, response, (error?: unknown) => (error === undefined ? resolve() : reject(error)));
  });
}

/**
 * Discards the rest of a body that {@link readBody} is reading, so that a refused client can't fill the memory and the
 * connection can carry the next request.
 */
export function dropBody(request: Request): void {
  request.unpipe();
  request.removeAllListeners('data');
  request.resume();
}

const readJson = express.json({
  limit: BODY_LIMIT_BYTES,
  type: () => true,
  strict: false,
  // Else what is not UTF-8 would become replacement characters, and two different keys one.
  verify: (_request, _response, body, encoding) => {
    if (encoding === 'utf-8' && !isUtf8(body)) throw new Error('it is not UTF-8');
  },
});
