import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { callerErrors } from '../contract/errors/caller-errors.js';
import { JamdevError } from '../contract/errors/jamdev-error.js';
import { requestErrors } from '../contract/errors/request-errors.js';
import { tokenErrors } from '../contract/errors/token-errors.js';
import { type AllowedHosts, parseProxyHost } from '../contract/hosts.js';
import { MAX_PROXIED_HEAD_BYTES } from '../contract/limits.js';
import type { Clock } from '../os/clock.js';
import { answerUnreadable } from '../os/unreadable-request.js';
import type { Backend } from '../platform/backend.js';
import type { TokenRoute, TokenTable } from '../platform/tokens.js';
import type { Address } from '../runtime/runtime.js';
import { answerEnded, answerError } from './answers.js';
import { noteLatestRequest, prepareClientSocket } from './client-connection.js';
import { parseConnectionPath, pathOf } from './connection-path.js';
import { Exchange, newExchangeId } from './exchange.js';
import { answerNoFavicon, isFaviconRequest } from './favicon.js';
import { Forwarder, type Route } from './forwarder.js';
import { HeldClient } from './held-client.js';
import { explainLostRequest } from './lost-request.js';
import { endTurn, ProxyRequest, takeTurn } from './proxy-request.js';
import { Redirects } from './redirects.js';
import { findRequestFault } from './request-head.js';
import { addOwnHeaders } from './response-headers.js';
import { WaitingRoom } from './waiting-room.js';

/** What the proxy works with. */
export interface ProxyOptions {
  tokens: TokenTable;
  /** In addition to those of this machine, as for the API. */
  allowedHosts: AllowedHosts;
  clock: Clock;
  /** The URL of what stands in front of the proxy; undefined: clients reach it by http. Backends see its scheme. */
  publicUrl: string | undefined;
  /** jamdev's own, for `Server`. */
  version: string;
  /** Whether redirects of a backend that lose its connection token get it. */
  rewritesRedirects: (backend: Backend) => boolean;
  /** Receives faults of jamdev's own, with the id that the answer carries. */
  reportFault: (error: unknown, id: string) => void;
}

/**
 * The proxy: from connection URLs to backends. A bare node:http server; Express would halve the speed of requests.
 */
export class ConnectionProxy {
  readonly #tokens: TokenTable;
  readonly #allowedHosts: AllowedHosts;
  readonly #server: string;
  readonly #reportFault: ProxyOptions['reportFault'];
  readonly #routes = new Map<Backend, Route>();
  readonly #waitingRoom: WaitingRoom;
  readonly #redirects: Redirects;
  readonly #forwarder: Forwarder;

  constructor({ tokens, allowedHosts, clock, publicUrl, version, rewritesRedirects, reportFault }: ProxyOptions) {
    this.#redirects = new Redirects(tokens, rewritesRedirects, publicUrl);
    this.#forwarder = new Forwarder(publicUrl?.startsWith('https:') ? 'https' : 'http');
    this.#waitingRoom = new WaitingRoom(clock);
    this.#tokens = tokens;
    this.#allowedHosts = allowedHosts;
    this.#server = `jamdev/${version}`;
    this.#reportFault = reportFault;
  }

  /** A server for one address; several share the backends. */
  createServer(): Server {
    const server = createServer({
      IncomingMessage: ProxyRequest,
      maxHeaderSize: MAX_PROXIED_HEAD_BYTES,
      // No limits on time: an upload or an idle WebSocket may take as long as it likes.
      requestTimeout: 0,
      headersTimeout: 60_000,
      // As Plane: a connection stays open between two requests for as long as its client likes.
      keepAliveTimeout: 0,
      // Checked with the rest of the head, where the answer says what is wrong.
      requireHostHeader: false,
    });
    // By default Node.js drops headers beyond the 2,000th in silence.
    server.maxHeadersCount = 0;
    server.on('connection', prepareClientSocket);
    const begin = this.#guard((request, response: ServerResponse) => this.#begin(request, response, false));
    const beginContinue = this.#guard((request, response: ServerResponse) => this.#begin(request, response, true));
    server.on('request', inTurn(begin));
    // Other expectations are the backend's to judge.
    server.on('checkExpectation', inTurn(begin));
    server.on('checkContinue', inTurn(beginContinue));
    server.on(
      'upgrade',
      this.#guard((request, socket: Duplex, head: Buffer) => this.#beginUpgrade(request, socket as Socket, head)),
    );
    const headers: string[] = [];
    addOwnHeaders(headers, { server: this.#server, backendId: undefined });
    return answerUnreadable(server, {
      describe: requestErrors.requestNotHttp,
      headers,
      finishesRequests: true,
      maxHeadBytes: MAX_PROXIED_HEAD_BYTES,
    });
  }

  /** A fault before there is an exchange to end costs the connection, and nothing else. */
  #guard<Rest extends unknown[]>(listener: (request: IncomingMessage, ...rest: Rest) => void) {
    return (request: IncomingMessage, ...rest: Rest): void => {
      try {
        listener(request, ...rest);
      } catch (error) {
        this.#reportFault(error, newExchangeId());
        request.socket.destroy();
      }
    };
  }

  #begin(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    if (isOver(request.socket)) return void request.resume();
    // Node.js would send chunks to a client of HTTP/1.0 that says `TE: chunked`.
    if (request.httpVersion === '1.0') response.useChunkedEncodingByDefault = false;
    const exchange = this.#makeExchange(request, response, undefined, expectsContinue);
    response.once('close', () => {
      exchange.responseClosed();
      endTurn(request);
    });
    exchange.run(() => this.#route(exchange));
  }

  #beginUpgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const held = new HeldClient(request, socket, head);
    const exchange = this.#makeExchange(request, held.response, held, false);
    const onTooMuch = () => answerError(exchange, requestErrors.tooMuchBeforeUpgrade());
    held.watch(() => exchange.end(), exchange.guard(onTooMuch));
    exchange.run(() => this.#route(exchange));
  }

  #makeExchange(
    request: IncomingMessage,
    response: ServerResponse,
    held: HeldClient | undefined,
    expectsContinue: boolean,
  ): Exchange {
    return new Exchange({
      request,
      response,
      held,
      expectsContinue,
      server: this.#server,
      redirects: this.#redirects,
      onFault: (error, exchange) => this.#onFault(error, exchange),
      reportFault: this.#reportFault,
    });
  }

  /** The last line of defense: a fault ends the exchange that it happened in, and is reported with the answer's id. */
  #onFault(error: unknown, exchange: Exchange): void {
    this.#reportFault(error, exchange.id);
    try {
      answerError(exchange, requestErrors.internal());
    } catch (second) {
      this.#reportFault(second, exchange.id);
      exchange.request.socket.destroy();
    }
  }

  /**
   * Finds the backend of a token, waits until it is ready, and counts the connection until it is closed.
   *
   * The token alone decides who may come, from whatever origin, as on the platform. The host is checked all the same, by
   * the rule of the API: a page that DNS rebinding brings here counts as of the same origin, and would read what the
   * answers below tell people on this machine.
   */
  #route(exchange: Exchange): void {
    const { request, target } = exchange;
    const { headers } = request;
    const fault = findRequestFault(request);
    if (fault !== undefined) {
      exchange.endsConnection = true;
      return answerError(exchange, fault);
    }
    const path = parseConnectionPath(target);
    if (path.kind === 'health') return this.#answerHealth(exchange);
    const host = parseProxyHost(headers.host, this.#allowedHosts);
    if (host.kind === 'foreign') return answerError(exchange, callerErrors.hostNotAllowed(headers.host ?? ''));
    if (isFaviconRequest(request.method, pathOf(target))) return answerNoFavicon(exchange);
    const route = path.kind === 'token' ? this.#tokens.use(path.token) : undefined;
    if (route === undefined) return answerError(exchange, explainLostRequest(target, headers));
    exchange.route = route;
    const { backend } = route;
    if (host.kind === 'backend' && host.label !== backend.id) {
      return answerError(exchange, tokenErrors.hostOfOtherBackend(headers.host ?? '', host.label, backend.id));
    }
    if (backend.state.status === 'terminated') return answerEnded(exchange, backend);
    exchange.whenClosed(this.#tokens.connect(route, exchange.held !== undefined));
    const { address } = backend;
    if (address === undefined) void this.#passOnWhenReady(exchange, route);
    else this.#passOn(this.#wayTo(backend, address), exchange, route);
  }

  #answerHealth({ request, response, signature }: Exchange): void {
    const headers = ['content-type', 'text/plain; charset=utf-8', 'content-length', '3'];
    addOwnHeaders(headers, signature);
    request.resume();
    response.writeHead(200, headers);
    response.end(Buffer.from('ok\n'));
  }

  #passOn(way: Route, exchange: Exchange, route: TokenRoute): void {
    // Upgrades stay for as long as they like; only what will be answered is waited for when a process is replaced.
    if (exchange.held === undefined) exchange.whenOver(route.backend.requestSent());
    this.#forwarder.forward(way, exchange);
  }

  async #passOnWhenReady(exchange: Exchange, route: TokenRoute): Promise<void> {
    const { backend } = route;
    const left = new AbortController();
    exchange.whenOver(() => left.abort());
    try {
      const address = await this.#waitingRoom.wait(exchange, backend, left.signal);
      if (exchange.isAnswered) return;
      if (address === undefined) return answerEnded(exchange, backend);
      if (address instanceof JamdevError) return answerError(exchange, address);
      this.#passOn(this.#wayTo(backend, address), exchange, route);
    } catch (error) {
      // The client has disconnected.
      if (!left.signal.aborted) exchange.fault(error);
    }
  }

  /** The way to an address of a backend: made once, and kept for as long as the backend is reached there. */
  #wayTo(backend: Backend, address: Address): Route {
    const known = this.#routes.get(backend);
    if (known?.address === address) return known;
    const way: Route = {
      backend,
      address,
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
      if (this.#routes.get(backend) === way) this.#routes.delete(backend);
      this.#forwarder.retire(way);
    });
    return way;
  }
}

type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

/** Makes a listener that serves the requests of a connection one after the other. */
function inTurn(listener: RequestListener): RequestListener {
  return (request, response) => {
    if (isOver(request.socket)) return void request.resume();
    noteLatestRequest(request);
    takeTurn(request, () => listener(request, response));
  };
}

/** Whether nothing more can be answered on a connection: what still comes is read and dropped. */
function isOver({ writableEnded, destroyed }: Socket): boolean {
  return writableEnded || destroyed;
}
