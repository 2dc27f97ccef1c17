import { createServer, type RequestListener, type Server, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { MAX_API_HEAD_BYTES } from '../contract/limits.js';
import { answerUnreadable } from '../os/unreadable-request.js';

/**
 * Creates the HTTP server of the API for one address. Every readable request is passed to `answer`. By default, Node.js
 * closes the connection on CONNECT, and refuses a missing host or an unknown expectation without an explanation.
 * @param tls certificate and private key in PEM format; undefined for plain HTTP
 */
export function createApiServer(answer: RequestListener, tls?: { cert: Buffer; key: Buffer }): Server {
  const handle: RequestListener = (request, response) => {
    request.url = pathOf(request.url ?? '/');
    answer(request, response);
  };
  const options = { maxHeaderSize: MAX_API_HEAD_BYTES, requireHostHeader: false };
  const server = tls === undefined ? createServer(options, handle) : createTlsServer({ ...options, ...tls }, handle);
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
    // The data that follows is meant for a tunnel that is never opened.
    socket.resume();
    handle(request, response);
  });
  return answerUnreadable(server);
}

/**
 * Returns the path and query of a target. For every other form (a whole URL, a host, `*`, a fragment), Express would
 * call `url.parse()`, about which Node.js prints a warning, or answer with its own page.
 */
function pathOf(target: string): string {
  const path = target.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '').replace(/#.*$/s, '');
  return path.startsWith('/') ? path : `/${path}`;
}
