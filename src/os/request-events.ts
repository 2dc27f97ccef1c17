import type { Server } from 'node:http';

/**
 * The events by which a server gets its requests: `request`, and those for requests with an expectation if it listens to
 * them already. (A listener for these keeps Node.js from answering `100 Continue` by itself.)
 */
export function requestEventsOf(server: Server): string[] {
  return ['request', ...['checkContinue', 'checkExpectation'].filter((event) => server.listenerCount(event) > 0)];
}
