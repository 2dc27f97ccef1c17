import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { problem } from '../contract/errors.js';
import type { Backend } from '../platform/backend.js';
import type { TokenRoute, TokenTable } from '../platform/tokens.js';
import { type Answerable, answerError, backendEnded } from './answers.js';
import type { BackendProxy } from './backend-proxy.js';
import { parseConnectionPath } from './connection-path.js';
import { addBackendHeaders } from './headers.js';

/** Hands a request to the backend once it is known which. */
type PassOn = (proxy: BackendProxy) => void;

/**
 * The proxy: from connection URLs to backends. A bare node:http server in front of one http-proxy-middleware per
 * backend; Express would halve its speed.
 */
export class ConnectionProxy {
  readonly #tokens: TokenTable;
  readonly #proxies = new Map<Backend, BackendProxy>();

  constructor(tokens: TokenTable) {
    this.#tokens = tokens;
  }

  /** A server for one address; several share the backends. */
  createServer(): Server {
    // No limits on time: an upload or an idle WebSocket may take as long as it likes.
    const server = createServer({ requestTimeout: 0, headersTimeout: 60_000 });
    server.on('request', (request, response) => this.#onRequest(request, response));
    server.on('upgrade', (request, socket, head) => this.#onUpgrade(request, socket as Socket, head));
    return server;
  }

  /** Loads what the first request needs, ahead of it. */
  async warmUp(): Promise<void> {
    await loadBackendProxy();
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const path = parseConnectionPath(request.url ?? '/');
    if (path.kind === 'health') {
      response.end('ok\n');
    } else if (path.kind === 'no-token') {
      answerError(response, problem.tokenMissing());
    } else {
      this.#route(request, response, path.token, (proxy) => proxy.web(request, response));
    }
  }

  #onUpgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    // Until the middleware takes over, an error on the socket would end the whole program.
    socket.on('error', () => socket.destroy());
    const path = parseConnectionPath(request.url ?? '/');
    if (path.kind !== 'token') return answerError(socket, problem.tokenMissing());
    this.#route(request, socket, path.token, (proxy) => proxy.upgrade(request, socket, head));
  }

  /** Finds the backend of a token, waits until it is ready, and counts the connection until it is closed. */
  #route(request: IncomingMessage, to: Answerable, token: string, passOn: PassOn): void {
    const route = this.#tokens.use(token);
    if (route === undefined) return answerError(to, problem.tokenUnknown());
    const { backend } = route;
    if (backend.state.status === 'terminated') return answerError(to, backendEnded(backend));
    to.once('close', this.#tokens.connect(route));
    const proxy = this.#proxies.get(backend);
    if (proxy === undefined) void this.#routeWhenReady(request, to, route, passOn);
    else this.#passOn(proxy, request, to, route, passOn);
  }

  #passOn(proxy: BackendProxy, request: IncomingMessage, to: Answerable, route: TokenRoute, passOn: PassOn): void {
    // Upgrades stay for as long as they like; only what will be answered is waited for when a process is replaced.
    if ('writeHead' in to) to.once('close', route.backend.requestSent());
    addBackendHeaders(request, route);
    passOn(proxy);
  }

  async #routeWhenReady(request: IncomingMessage, to: Answerable, route: TokenRoute, passOn: PassOn): Promise<void> {
    const { backend } = route;
    const hungUp = new AbortController();
    const onClose = () => hungUp.abort();
    to.once('close', onClose);
    try {
      const { BackendProxy } = await loadBackendProxy();
      let address = await backend.reachable(hungUp.signal);
      // Its process may have been replaced in the very moment it could be reached.
      while (address !== backend.address) address = await backend.reachable(hungUp.signal);
      if (address === undefined) return answerError(to, backendEnded(backend));
      const proxy = this.#proxies.get(backend) ?? this.#connectTo(backend, new BackendProxy(backend, address));
      if (!to.destroyed) this.#passOn(proxy, request, to, route, passOn);
    } catch (error) {
      if (!hungUp.signal.aborted) answerError(to, problem.backendUnreachable(backend.id, String(error)));
    } finally {
      to.off('close', onClose);
    }
  }

  /** Keeps the way to a backend for as long as it is reached there. */
  #connectTo(backend: Backend, proxy: BackendProxy): BackendProxy {
    this.#proxies.set(backend, proxy);
    backend.events.once('address', () => {
      this.#proxies.delete(backend);
      proxy.retire();
    });
    return proxy;
  }
}

/** http-proxy-middleware takes a while to load, and nobody needs it before the first connection. */
function loadBackendProxy(): Promise<typeof import('./backend-proxy.js')> {
  return import('./backend-proxy.js');
}
