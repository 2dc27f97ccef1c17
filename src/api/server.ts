import { createServer, type RequestListener, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { MAX_HEAD_BYTES } from '../contract/limits.js';
import { answerUnreadable } from '../os/unreadable-request.js';

/**
 * Makes the HTTP server of the API for one address. Everything that can be read as a request gets to `handle`, which
 * answers it: Node.js alone closes the connection on CONNECT, and refuses a missing host, or an expectation that it does
 * not know, without a word.
 */
export function createApiServer(handle: RequestListener): Server {
  const server = createServer({ maxHeaderSize: MAX_HEAD_BYTES, requireHostHeader: false }, handle);
  server.on('checkContinue', (request, response) => {
    response.writeContinue();
    handle(request, response);
  });
  server.on('checkExpectation', handle);
  server.on('connect', (request, socket: Socket) => {
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.once('finish', () => socket.end());
    socket.on('error', () => socket.destroy());
    // The data after it is for a tunnel that is never opened.
    socket.resume();
    // The target is a host and no path; Express would answer that as a page of its own.
    if (request.url?.startsWith('/') !== true) request.url = `/${request.url}`;
    handle(request, response);
  });
  return answerUnreadable(server);
}
