import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { requestEventsOf } from './request-events.js';

/**
 * Emits `close` on responses that are queued behind an earlier one (HTTP pipelining) when their connection closes. Node.js
 * emits it only on the response that is being sent, so waiting for `close` on the others would never end.
 */
export function tellQueuedResponses(server: Server): Server {
  const queues = new WeakMap<Socket, Set<ServerResponse>>();
  const noteResponse = ({ socket }: IncomingMessage, response: ServerResponse) => {
    // The response is not queued, as is usual.
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

/** Closes a response the way Node.js closes the one that is being sent. */
function end(response: ServerResponse): void {
  // Node.js has already closed a response that was being sent.
  if (response.destroyed) return;
  response.destroy();
  response.emit('close');
}
