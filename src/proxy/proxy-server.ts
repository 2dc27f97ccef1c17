import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { problem } from '../contract/errors.js';
import { type AllowedHosts, parseProxyHost } from '../contract/hosts.js';
import type { Backend } from '../platform/backend.js';
import type { TokenRoute, TokenTable } from '../platform/tokens.js';
import type { Address } from '../runtime/runtime.js';
import { type Answerable, answerEnded, answerError } from './answers.js';
import { type ConnectionPath, parseConnectionPath } from './connection-path.js';
import { declineUpgrade, offersHttp2 } from './decline-upgrade.js';
import type { Forwarder, Route } from './forwarder.js';
import { addBackendHeaders } from './headers.js';
import { holdSocket } from './held-socket.js';
import { explainLostRequest } from './lost-request.js';

/** Hands a request to the backend once it is known which. */
type PassOn = (forwarder: Forwarder, route: Route) => void;

/**
 * The proxy: from connection URLs to backends. A bare node:http server in front of http-proxy-middleware; Express would
 * halve its speed.
 */
export class ConnectionProxy {
  readonly #tokens: TokenTable;
  readonly #allowedHosts: AllowedHosts;
  readonly #routes = new Map<Backend, Route>();
  #forwarder: Forwarder | undefined;

  /** @param allowedHosts beside those of this machine, as for the API */
  constructor(tokens: TokenTable, allowedHosts: AllowedHosts) {
    this.#tokens = tokens;
    this.#allowedHosts = allowedHosts;
  }

  /** A server for one address; several share the backends. */
  createServer(): Server {
    // No limits on time: an upload or an idle WebSocket may take as long as it likes.
    const server = createServer({ requestTimeout: 0, headersTimeout: 60_000 });
    server.on('request', (request, response) => this.#onRequest(request, response));
    server.on('upgrade', (request, socket, head) => {
      if (offersHttp2(request)) declineUpgrade(server, request, socket as Socket, head);
      else this.#onUpgrade(request, socket as Socket, head);
    });
    return server;
  }

  /** Loads what the first request needs, ahead of it: http-proxy-middleware takes a while. */
  async warmUp(): Promise<Forwarder> {
    const { Forwarder } = await import('./forwarder.js');
    this.#forwarder ??= new Forwarder();
    return this.#forwarder;
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const path = parseConnectionPath(request.url ?? '/');
    if (path.kind === 'health') response.end('ok\n');
    else this.#route(request, response, path, (forwarder, way) => forwarder.web(way, request, response));
  }

  #onUpgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    // Until the middleware takes over, an error on the socket would end the whole program.
    socket.on('error', () => socket.destroy());
    const path = parseConnectionPath(request.url ?? '/');
    this.#route(request, socket, path, (forwarder, way) => forwarder.upgrade(way, request, socket, head));
  }

  /**
   * Finds the backend of a token, waits until it is ready, and counts the connection until it is closed.
   *
   * The token alone decides who may come, from whatever origin, as on the platform. The host is looked at all the same,
   * by the rule of the API: a page that DNS rebinding brings here counts as of the same origin, and would read what the
   * answers below tell people on this machine.
   */
  #route(request: IncomingMessage, to: Answerable, path: ConnectionPath, passOn: PassOn): void {
    const { headers, url = '/' } = request;
    const host = parseProxyHost(headers.host, this.#allowedHosts);
    if (host.kind === 'foreign') return answerError(request, to, problem.hostNotAllowed(headers.host ?? ''));
    const route = path.kind === 'token' ? this.#tokens.use(path.token) : undefined;
    if (route === undefined) return answerError(request, to, explainLostRequest(url, headers));
    const { backend } = route;
    if (host.kind === 'backend' && host.label !== backend.id) {
      const error = problem.hostOfOtherBackend(headers.host ?? '', host.label, backend.id);
      return answerError(request, to, error, backend.id);
    }
    if (backend.state.status === 'terminated') return answerEnded(request, to, backend);
    to.once('close', this.#tokens.connect(route));
    const way = this.#routes.get(backend);
    if (way === undefined || this.#forwarder === undefined) void this.#passOnWhenReady(request, to, route, passOn);
    else this.#passOn(this.#forwarder, way, request, to, route, passOn);
  }

  #passOn(
    forwarder: Forwarder,
    way: Route,
    request: IncomingMessage,
    to: Answerable,
    route: TokenRoute,
    passOn: PassOn,
  ): void {
    // Upgrades stay for as long as they like; only what will be answered is waited for when a process is replaced.
    if ('writeHead' in to) to.once('close', route.backend.requestSent());
    addBackendHeaders(request, route);
    passOn(forwarder, way);
  }

  async #passOnWhenReady(request: IncomingMessage, to: Answerable, route: TokenRoute, passOn: PassOn): Promise<void> {
    const { backend } = route;
    const hungUp = new AbortController();
    const onGone = () => hungUp.abort();
    to.once('close', onGone);
    const giveBack = 'writeHead' in to ? () => undefined : holdSocket(to, onGone);
    try {
      const forwarder = await this.warmUp();
      let address = await backend.reachable(hungUp.signal);
      // Its process may have been replaced in the very moment it could be reached.
      while (address !== backend.address) address = await backend.reachable(hungUp.signal);
      giveBack();
      if (address === undefined) return answerEnded(request, to, backend);
      if (to.destroyed) return;
      this.#passOn(forwarder, this.#wayTo(backend, address, forwarder), request, to, route, passOn);
    } catch (error) {
      giveBack();
      if (hungUp.signal.aborted) to.destroy();
      else answerError(request, to, problem.backendUnreachable(backend.id, String(error)), backend.id);
    } finally {
      to.off('close', onGone);
    }
  }

  /** Keeps the way to a backend for as long as it is reached there. */
  #wayTo(backend: Backend, address: Address, forwarder: Forwarder): Route {
    const known = this.#routes.get(backend);
    if (known !== undefined) return known;
    const way: Route = {
      backend,
      target: {
        protocol: 'http:',
        host: address.host,
        hostname: address.host,
        port: String(address.port),
        pathname: '',
      },
    };
    this.#routes.set(backend, way);
    backend.events.once('address', () => {
      this.#routes.delete(backend);
      forwarder.retire(way);
    });
    return way;
  }
}
