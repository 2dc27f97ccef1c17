import type { Response } from 'express';
import type { BackendState } from '../platform/backend-state.js';
import { EventStream } from './event-stream.js';

/**
 * Streams a backend's statuses: all so far, in order, then the live ones; ends after `terminated`.
 * @param format turns the history so far into what the stream has sent so far, of which only the new part goes out
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
