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

/** The dependencies and settings of the proxy. */
export interface ProxyOptions {
  tokens: TokenTable;
  /** Hosts to accept in addition to this machine's own names, as for the API. */
  allowedHosts: AllowedHosts;
  clock: Clock;
  /**
   * The URL of the reverse proxy in front of the proxy, whose scheme is passed to backends; undefined if clients
   * connect directly by http.
   */
  publicUrl: string | undefined;
  /** jamdev's version, for the `Server` header. */
  version: string;
  /** Whether the proxy adds the connection token to redirects of this backend that lose it. */
  rewritesRedirects: (backend: Backend) => boolean;
  /** Receives internal faults of jamdev, with the id in the answer. */
  reportFault: (error: unknown, id: string) => void;
}

/**
 * The proxy, which routes connection URLs to backends. A bare node:http server, because Express would halve the
 * throughput.
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

  /** Creates a server for one address. All servers share the backends. */
  createServer(): Server {
    const server = createServer({
      IncomingMessage: ProxyRequest,
      maxHeaderSize: MAX_PROXIED_HEAD_BYTES,
      // No time limit: an upload or an idle WebSocket may take as long as it needs.
      requestTimeout: 0,
      headersTimeout: 60_000,
      // As in Plane, a connection stays open between requests for as long as the client keeps it.
      keepAliveTimeout: 0,
      // The proxy checks the Host header itself, so that its answer can say what is wrong.
      requireHostHeader: false,
    });
    // By default, Node.js silently drops headers beyond the 2,000th.
    server.maxHeadersCount = 0;
    server.on('connection', prepareClientSocket);
    const begin = this.#guard((request, response: ServerResponse) => this.#begin(request, response, false));
    const beginContinue = this.#guard((request, response: ServerResponse) => this.#begin(request, response, true));
    server.on('request', inTurn(begin));
    // Other expectations are left to the backend.
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

  /** Wraps a listener: a fault before an exchange exists closes the connection, and nothing else. */
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
    // Node.js would send chunks to an HTTP/1.0 client that says `TE: chunked`.
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

  /**
   * Ends the exchange in which a fault happened, and reports it with the answer's id. This is the last line of defense.
   */
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
   * As on the platform, the token alone grants access, whatever the origin. The host is still checked by the API's
   * rule: after DNS rebinding, a foreign page counts as same-origin and could read the explanations in the answers
   * below, which are meant for people on this machine.
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
    // Upgrades stay open indefinitely, so the replacement of a process waits only for ordinary requests.
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
      // If aborted, the client has disconnected and there is nothing to answer.
      if (!left.signal.aborted) exchange.fault(error);
    }
  }

  /**
   * Returns the route to a backend at this address. It is created once and kept for as long as the address is current.
   */
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

/** Makes a listener that handles the requests of a connection one after the other. */
function inTurn(listener: RequestListener): RequestListener {
  return (request, response) => {
    if (isOver(request.socket)) return void request.resume();
    noteLatestRequest(request);
    takeTurn(request, () => listener(request, response));
  };
}

/** Whether nothing more can be answered on a connection. Further data is read and dropped. */
function isOver({ writableEnded, destroyed }: Socket): boolean {
  return writableEnded || destroyed;
}
