import type { Response } from 'express';
import type { BackendState } from '../platform/backend-state.js';
import { EventStream } from './event-stream.js';

/**
 * Streams a backend's statuses: all existing ones in order, then live ones. Ends after `terminated`.
 * @param format converts the history so far to all events so far, of which only the new ones are sent
 */
export async function streamStatuses(
  response: Response,
  states: AsyncIterable<BackendState>,
  format: (history: readonly BackendState[]) => unknown[],
): Promise<void> {
  const stream = new EventStream(response);
  const history: BackendState[] = [];
  let sent = 0;
  for await (const state of states) {
    history.push(state);
    const events = format(history);
    for (const event of events.slice(sent)) stream.send(JSON.stringify(event));
    sent = events.length;
  }
  stream.end();
}
