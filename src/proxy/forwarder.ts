import type { IncomingMessage, ServerResponse } from 'node:http';
import { createProxyMiddleware, type Plugin } from 'http-proxy-middleware';
import type { Backend } from '../platform/backend.js';
import type { Address } from '../runtime/runtime.js';
import { BackendConnections } from './backend-connections.js';
import { pathForBackend } from './connection-path.js';
import type { Exchange } from './exchange.js';
import { makeRequestHeaders } from './request-headers.js';
import { isHeadOnly, isWritable, sendPlain } from './send-plain.js';
import { type SentRequest, sendRequest } from './send-request.js';
import { sendUpgrade } from './send-upgrade.js';
import { readOfferedProtocols } from './upgrade-offer.js';

/** The route to a backend at its current address. */
export interface Route {
  readonly backend: Backend;
  readonly address: Address;
  /** The address in the form that http-proxy-middleware requires. */
  readonly target: { protocol: 'http:'; host: string; hostname: string; port: string; pathname: '' };
}

/** Set on the request itself, not kept in a WeakMap (docs/decisions/004-proxy-on-bare-http.md). */
const FORWARDING = Symbol('forwarding');

interface ForwardedRequest extends IncomingMessage {
  [FORWARDING]?: { exchange: Exchange; route: Route };
}

type Middleware = ReturnType<typeof createProxyMiddleware<ForwardedRequest, ServerResponse>>;

/** A placeholder that is never used: each request sets its own target. */
const NO_TARGET = { protocol: 'http:', host: 'invalid', port: '0' };
/** The path that the middleware parses instead of the real target, since it can't parse every target. */
const NO_PATH = '/';

/**
 * Forwards requests and upgrades to backends. Plain requests are sent directly. All others pass through a single
 * http-proxy-middleware, because each instance leaves a listener on the server forever. The middleware finds the target
 * and rewrites the path. Its own sending is replaced: it joins repeated headers, throws on unwritable values, shares
 * connections between upgrades and requests, and loses trailers.
 */
export class Forwarder {
  readonly #scheme: 'http' | 'https';
  readonly #connections = new BackendConnections();
  /** Created for the first request that needs it, so that it doesn't delay the start of the dev server. */
  #middleware: Middleware | undefined;

  /** @param scheme the scheme that clients use to reach the proxy */
  constructor(scheme: 'http' | 'https') {
    this.#scheme = scheme;
  }

  /** Forwards a request or an upgrade. */
  forward(route: Route, exchange: Exchange): void {
    if (this.#sendPlain(route, exchange)) return;
    const request: ForwardedRequest = exchange.request;
    request[FORWARDING] = { exchange, route };
    request.url = NO_PATH;
    const onProblem = (error: unknown) => {
      if (error !== undefined) exchange.fault(error);
    };
    this.#middleware ??= this.#makeMiddleware();
    this.#middleware(request, exchange.response, onProblem).catch(onProblem);
  }

  /** Closes idle connections to a backend; answers in progress continue. */
  retire({ address }: Route): void {
    this.#connections.closeIdle(address);
  }

  #makeMiddleware(): Middleware {
    return createProxyMiddleware<ForwardedRequest, ServerResponse>({
      target: NO_TARGET,
      // Not the `router` option, which is slow (docs/decisions/004-proxy-on-bare-http.md).
      pathRewrite: (_path, { [FORWARDING]: forwarding }, _response, options) => {
        if (forwarding === undefined) return NO_PATH;
        if (options !== undefined) options.target = forwarding.route.target;
        return pathForBackend(forwarding.exchange.target);
      },
      ejectPlugins: true,
      plugins: [this.#plugin()],
    });
  }

  #plugin(): Plugin<ForwardedRequest, ServerResponse> {
    return (proxy) => {
      // Runs before the middleware's own sending and, by returning true, replaces it.
      proxy.before('web', '', (request) => {
        const { exchange, route } = (request as ForwardedRequest)[FORWARDING] ?? {};
        if (exchange !== undefined && route !== undefined) exchange.run(() => this.#send(exchange, route));
        return true;
      });
      proxy.on('error', (error, request) => request?.[FORWARDING]?.exchange.fault(error));
    };
  }

  /** Sends a plain request without the middleware. @returns false if the request is not plain */
  #sendPlain(route: Route, exchange: Exchange): boolean {
    if (!isHeadOnly(exchange) || exchange.isAnswered) return false;
    const sent = this.#describe(exchange, route, pathForBackend(exchange.target), []);
    if (!isWritable(sent)) return false;
    sendPlain(exchange, sent, this.#connections);
    return true;
  }

  #send(exchange: Exchange, way: Route): void {
    const { request, held } = exchange;
    if (exchange.isAnswered) return;
    const protocols = held === undefined ? [] : readOfferedProtocols(request);
    const sent = this.#describe(exchange, way, request.url ?? '/', protocols);
    if (held === undefined) sendRequest(exchange, sent, this.#connections);
    else sendUpgrade(exchange, sent, held);
  }

  #describe(exchange: Exchange, { address }: Route, path: string, protocols: readonly string[]): SentRequest {
    const { route } = exchange;
    if (route === undefined) throw new Error('a request without a route is passed on');
    return { destination: address, path, headers: makeRequestHeaders(exchange, route, protocols, this.#scheme) };
  }
}
