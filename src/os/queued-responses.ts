import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { requestEventsOf } from './request-events.js';

/**
 * Tells responses of the end of their connection that wait there for an earlier one to be complete (HTTP pipelining).
 * Node.js tells only the one that is being sent; what counts on `close` would wait forever for the others.
 */
export function tellQueuedResponses(server: Server): Server {
  const queues = new WeakMap<Socket, Set<ServerResponse>>();
  const noteResponse = ({ socket }: IncomingMessage, response: ServerResponse) => {
    // It has its turn already, as nearly all have.
    if (response.socket !== null) return;
    const queue = queues.get(socket) ?? new Set();
    if (!queues.has(socket)) {
      queues.set(socket, queue);
      socket.once('close', () => {
        for (const each of queue) end(each);
      });
    }
    queue.add(response);
    response.once('close', () => queue.delete(response));
  };
  for (const event of requestEventsOf(server)) server.on(event, noteResponse);
  return server;
}

/** What Node.js does for the response that is being sent. */
function end(response: ServerResponse): void {
  // One that had its turn has been told.
  if (response.destroyed) return;
  response.destroy();
  response.emit('close');
}
