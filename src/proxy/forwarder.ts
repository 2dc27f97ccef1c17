import { Agent, type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { createProxyMiddleware, type Plugin } from 'http-proxy-middleware';
import { problem } from '../contract/errors.js';
import { pause } from '../os/clock.js';
import type { Backend } from '../platform/backend.js';
import { type Answerable, answerEnded, answerError } from './answers.js';
import { pathForBackend } from './connection-path.js';
import { addCorsHeaders } from './headers.js';

/** The way to one backend, for as long as it is reached at this address. */
export interface Route {
  readonly backend: Backend;
  /** In the form that the middleware takes. */
  readonly target: { protocol: 'http:'; host: string; hostname: string; port: string; pathname: '' };
}

/**
 * What is known of a request on its way. It stands on the request itself: a WeakMap beside it was measured to cost a
 * tenth of the proxy's speed.
 */
const ROUTE = Symbol('route');
const ATTEMPT = Symbol('attempt');

interface ForwardedRequest extends IncomingMessage {
  [ROUTE]?: Route;
  /** The request made to the backend for it, and whether that was the second one. */
  [ATTEMPT]?: { request: ClientRequest; repeated: boolean };
}

const MAX_IDLE_SOCKETS = 64;
/** How long the answer to a request waits for the look at what a silent backend listens on. */
const EXPLAIN_DEADLINE_MS = 2_000;
/** Never used: each request brings its own. */
const NO_TARGET = { protocol: 'http:', host: 'invalid', port: '0' };

/**
 * Passes requests and upgrades on to backends: one http-proxy-middleware for all, as each would leave a listener on the
 * server for ever, with keep-alive connections. Its `router` option was measured to be slow, so the target is set where
 * the path is rewritten.
 */
export class Forwarder {
  readonly #agent = new Agent({ keepAlive: true, maxFreeSockets: MAX_IDLE_SOCKETS });
  readonly #upgraded = new WeakSet<object>();
  readonly #middleware = createProxyMiddleware<ForwardedRequest, ServerResponse>({
    target: NO_TARGET,
    agent: this.#agent,
    // Here, and not in the request before: the middleware parses its URL on the way, which not every path survives.
    pathRewrite: (path, request, _response, options) => {
      if (options !== undefined && request[ROUTE] !== undefined) options.target = request[ROUTE].target;
      return pathForBackend(path);
    },
    ejectPlugins: true,
    plugins: [this.#plugin()],
  });

  /** Passes an HTTP request on. Its URL still has the token. */
  web(route: Route, request: ForwardedRequest, response: ServerResponse): void {
    request[ROUTE] = route;
    void this.#middleware(request, response);
  }

  /** Passes an upgrade on, as to a WebSocket. Its URL still has the token. */
  upgrade(route: Route, request: ForwardedRequest, socket: Socket, head: Buffer): void {
    request[ROUTE] = route;
    this.#middleware.upgrade(request, socket, head);
  }

  /** Lets go of idle connections to a backend; answers that are under way go on. */
  retire({ target }: Route): void {
    for (const [name, sockets] of Object.entries(this.#agent.freeSockets)) {
      if (!name.startsWith(`${target.host}:${target.port}:`)) continue;
      for (const socket of sockets ?? []) socket.destroy();
    }
  }

  #plugin(): Plugin<ForwardedRequest, ServerResponse> {
    return (proxy) => {
      proxy.on('proxyReq', (attempt, request) => {
        request[ATTEMPT] = { request: attempt, repeated: request[ATTEMPT] !== undefined };
      });
      proxy.on('proxyReqWs', (attempt, request, socket) => this.#tieSockets(attempt, request, socket));
      proxy.on('proxyRes', (fromBackend, request) => {
        // How long the backend keeps a connection open says nothing about the proxy's.
        delete fromBackend.headers['keep-alive'];
        this.#addHeaders(fromBackend, request);
      });
      proxy.on('error', (error, request, to) => {
        // Upgrades hand over the socket, requests the response.
        this.#failed(error as NodeJS.ErrnoException, request, to as Answerable);
      });
    };
  }

  /** Adds jamdev's headers to an answer, before the middleware passes it on. */
  #addHeaders(fromBackend: IncomingMessage, request: ForwardedRequest): void {
    fromBackend.headers['x-plane-backend-id'] = request[ROUTE]?.backend.id;
    addCorsHeaders(fromBackend.headers);
  }

  /** Names the backend in the answer to an upgrade, and lets neither side outlive the other. */
  #tieSockets(attempt: ClientRequest, request: ForwardedRequest, client: Socket): void {
    attempt.once('response', (fromBackend) => this.#addHeaders(fromBackend, request));
    attempt.once('upgrade', (fromBackend, backend: Socket) => {
      fromBackend.headers['x-plane-backend-id'] = request[ROUTE]?.backend.id;
      this.#upgraded.add(client);
      client.once('close', () => backend.destroySoon());
      backend.once('close', () => client.destroySoon());
    });
    client.once('close', () => attempt.destroy());
  }

  #failed(error: NodeJS.ErrnoException, request: ForwardedRequest | undefined, to: Answerable): void {
    if (this.#upgraded.has(to)) {
      to.destroy();
      return;
    }
    if (request !== undefined && 'writeHead' in to && this.#repeat(error, request, to)) return;
    const backend = request?.[ROUTE]?.backend;
    if (request === undefined || backend === undefined) to.destroy();
    else void answerUnreachable(request, to, backend, error);
  }

  /**
   * A backend may close an idle connection in the moment a request is sent on it. Such a request never reached it, and
   * goes out again if it has no body that is spent by now. @returns whether it did
   */
  #repeat(error: NodeJS.ErrnoException, request: ForwardedRequest, response: ServerResponse): boolean {
    const attempt = request[ATTEMPT];
    if (attempt?.request.reusedSocket !== true || attempt.repeated) return false;
    const safe = request.method === 'GET' || request.method === 'HEAD';
    const bodyless = request.headers['content-length'] === undefined && !('transfer-encoding' in request.headers);
    if (!safe || !bodyless || (error.code !== 'ECONNRESET' && error.code !== 'EPIPE')) return false;
    if (response.headersSent || response.destroyed) return false;
    // The first attempt took the token off; any first segment does in its place.
    request.url = `/repeated${request.url}`;
    void this.#middleware(request, response);
    return true;
  }
}

/** Says that a backend does not answer, and what it listens on instead, if that can be seen in time. */
async function answerUnreachable(
  request: IncomingMessage,
  to: Answerable,
  backend: Backend,
  error: NodeJS.ErrnoException,
): Promise<void> {
  // The middleware ends the socket of an upgrade as soon as this returns; nobody reads such an answer's text anyway.
  const explanation =
    'writeHead' in to ? await Promise.race([backend.explainSilence(), pause(EXPLAIN_DEADLINE_MS)]) : undefined;
  if (backend.state.status === 'terminated') {
    answerEnded(request, to, backend);
  } else {
    const detail = error.code ?? error.message;
    answerError(request, to, problem.backendUnreachable(backend.id, detail, explanation ?? undefined), backend.id);
  }
}
