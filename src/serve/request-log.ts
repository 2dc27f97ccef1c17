import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import { withoutTokens } from '../contract/connection-token.js';
import type { Caller } from '../platform/control-plane.js';

/** Writes a line per request once its answer, or its stream, has ended. Connection tokens in paths are left out. */
export function logRequests(log: Logger): RequestHandler {
  return (request, response, next) => {
    const startMs = performance.now();
    const { method, path } = request;
    response.once('close', () => {
      const caller = response.locals.caller as Caller | undefined;
      const line = {
        method,
        path: withoutTokens(path),
        status: response.statusCode,
        ms: Math.round(performance.now() - startMs),
        account: caller?.account || undefined,
        actor: caller?.actor,
        // The client left before the answer was complete.
        aborted: response.writableFinished ? undefined : true,
      };
      if (response.statusCode >= 500) log.warn(line, 'request');
      else log.info(line, 'request');
    });
    next();
  };
}
