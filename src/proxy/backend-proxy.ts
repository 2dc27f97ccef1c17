import { Agent, type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { createProxyMiddleware, type Plugin } from 'http-proxy-middleware';
import { problem } from '../contract/errors.js';
import type { Backend } from '../platform/backend.js';
import type { Address } from '../runtime/runtime.js';
import { type Answerable, answerError, backendEnded } from './answers.js';
import { pathForBackend } from './connection-path.js';
import { addResponseHeaders } from './headers.js';

/**
 * What is known of a request on its way. It stands on the request itself: a WeakMap beside it was measured to cost a
 * tenth of the proxy's speed.
 */
const ATTEMPT = Symbol('attempt');

interface ProxiedRequest extends IncomingMessage {
  /** The request made to the backend for it, and whether that was the second one. */
  [ATTEMPT]?: { request: ClientRequest; repeated: boolean };
}

const MAX_IDLE_SOCKETS = 64;

/**
 * The way to one backend: an http-proxy-middleware with a fixed target and keep-alive connections of its own, which
 * was measured to be the fastest form of it.
 */
export class BackendProxy {
  readonly #backend: Backend;
  readonly #agent = new Agent({ keepAlive: true, maxFreeSockets: MAX_IDLE_SOCKETS });
  readonly #upgraded = new WeakSet<object>();
  readonly #middleware;

  constructor(backend: Backend, { host, port }: Address) {
    this.#backend = backend;
    this.#middleware = createProxyMiddleware<ProxiedRequest, ServerResponse>({
      target: { protocol: 'http:', host, hostname: host, port: String(port), pathname: '' },
      agent: this.#agent,
      // Here, and not in the request before: the middleware parses its URL on the way, which not every path survives.
      pathRewrite: (path) => pathForBackend(path),
      ejectPlugins: true,
      plugins: [this.#plugin()],
    });
  }

  /** Passes an HTTP request on. Its URL still has the token. */
  web(request: IncomingMessage, response: ServerResponse): void {
    void this.#middleware(request, response);
  }

  /** Passes an upgrade on, as to a WebSocket. Its URL still has the token. */
  upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    this.#middleware.upgrade(request, socket, head);
  }

  /** Takes no new requests; connections end with the answers that are under way, or with the process. */
  retire(): void {
    for (const sockets of Object.values(this.#agent.freeSockets)) {
      for (const socket of sockets ?? []) socket.destroy();
    }
    this.#agent.maxFreeSockets = 0;
  }

  #plugin(): Plugin<ProxiedRequest, ServerResponse> {
    return (proxy) => {
      proxy.on('proxyReq', (attempt, request) => {
        request[ATTEMPT] = { request: attempt, repeated: request[ATTEMPT] !== undefined };
      });
      proxy.on('proxyReqWs', (attempt, _request, socket) => this.#tieSockets(attempt, socket));
      proxy.on('proxyRes', (fromBackend, _request, response) => {
        addResponseHeaders(response, this.#backend.id, fromBackend.headers);
      });
      proxy.on('error', (error, request, to) => {
        // Upgrades hand over the socket, requests the response.
        this.#failed(error as NodeJS.ErrnoException, request, to as Answerable);
      });
    };
  }

  /** Names the backend in the answer to an upgrade, and lets neither side outlive the other. */
  #tieSockets(attempt: ClientRequest, client: Socket): void {
    attempt.once('upgrade', (fromBackend, backend: Socket) => {
      fromBackend.headers['x-plane-backend-id'] = this.#backend.id;
      this.#upgraded.add(client);
      client.once('close', () => backend.destroySoon());
      backend.once('close', () => client.destroySoon());
    });
    client.once('close', () => attempt.destroy());
  }

  #failed(error: NodeJS.ErrnoException, request: ProxiedRequest | undefined, to: Answerable): void {
    if (this.#upgraded.has(to)) {
      to.destroy();
      return;
    }
    if (request !== undefined && 'writeHead' in to && this.#repeat(error, request, to)) return;
    if (this.#backend.state.status === 'terminated') answerError(to, backendEnded(this.#backend));
    else answerError(to, problem.backendUnreachable(this.#backend.id, error.code ?? error.message));
  }

  /**
   * A backend may close an idle connection in the moment a request is sent on it. Such a request never reached it, and
   * goes out again if it has no body that is spent by now. @returns whether it did
   */
  #repeat(error: NodeJS.ErrnoException, request: ProxiedRequest, response: ServerResponse): boolean {
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
