import type { Server } from 'node:http';

/**
 * Returns the events by which a server receives requests: `request`, plus the events for requests with an `Expect` header if
 * the server already listens to them. (Adding a listener to one of these would keep Node.js from answering `100 Continue`
 * itself.)
 */
export function requestEventsOf(server: Server): string[] {
  return ['request', ...['checkContinue', 'checkExpectation'].filter((event) => server.listenerCount(event) > 0)];
}
