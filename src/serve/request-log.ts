import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { withoutTokens } from '../contract/connection-token.js';
import type { Caller } from '../platform/control-plane.js';

/** Writes a log line per request once its answer or stream has ended. Connection tokens in paths are removed. */
export function logRequest(log: Logger, { method, url = '' }: IncomingMessage, response: ServerResponse): void {
  const startMs = performance.now();
  response.once('close', () => {
    const { caller } = (response as { locals?: { caller?: Caller } }).locals ?? {};
    const line = {
      method,
      path: withoutTokens(url.split('?', 1)[0] ?? ''),
      status: response.statusCode,
      ms: Math.round(performance.now() - startMs),
      account: caller?.account || undefined,
      actor: caller?.actor,
      // The client disconnected before the answer was complete.
      aborted: response.writableFinished ? undefined : true,
    };
    if (response.statusCode >= 500) log.warn(line, 'request');
    else log.info(line, 'request');
  });
}
