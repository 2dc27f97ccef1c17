import type { Response } from 'express';

/** @returns a signal that aborts when the client is gone before it got its answer */
export function abortOnHangUp(response: Response): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => controller.abort(new Error('the client disconnected')));
  return controller.signal;
}
