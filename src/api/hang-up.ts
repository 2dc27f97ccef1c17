import type { Response } from 'express';

/** @returns a signal that aborts when the answer is complete or the client has disconnected */
export function abortOnHangUp(response: Response): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => controller.abort(new Error('the client disconnected')));
  return controller.signal;
}

/** @returns a signal that aborts only when the client disconnects before the answer is complete */
export function abortOnEarlyHangUp(response: Response): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort(new Error('the client disconnected'));
  });
  return controller.signal;
}
