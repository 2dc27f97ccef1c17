import type { Response } from 'express';
import type { Backend } from '../platform/backend.js';
import type { BackendState } from '../platform/backend-state.js';
import { EventStream } from './event-stream.js';

/**
 * Streams a backend's statuses: all so far, in order, then the live ones; ends after `terminated`.
 * @param format turns the whole history into what the stream has sent so far, of which only the new part goes out
 */
export function streamStatuses(
  response: Response,
  backend: Backend,
  format: (history: readonly BackendState[]) => unknown[],
): void {
  const stream = new EventStream(response);
  let sent = 0;
  const sendNew = () => {
    const events = format(backend.history);
    for (const event of events.slice(sent)) stream.send(JSON.stringify(event));
    sent = events.length;
    if (backend.state.status === 'terminated') stream.end();
  };
  backend.events.on('state', sendNew);
  stream.closed.addEventListener('abort', () => backend.events.off('state', sendNew));
  sendNew();
}
