import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TokenRoute } from '../platform/tokens.js';
import type { HeldClient } from './held-client.js';
import type { Redirects } from './redirects.js';
import type { Signature } from './response-headers.js';

/** Makes an id that appears both in an answer and in the dev server's output. */
export function newExchangeId(): string {
  return randomBytes(6).toString('hex');
}

/** The parts that an exchange is made from. */
export interface ExchangeStart {
  request: IncomingMessage;
  response: ServerResponse;
  /** The client's connection, if the request is an upgrade. */
  held: HeldClient | undefined;
  /** Whether the client waits for `100 Continue` before it sends the body. */
  expectsContinue: boolean;
  /** The proxy's value for the `Server` header. */
  server: string;
  /** Handles redirects of backends that lose the connection token. */
  redirects: Redirects;
  /** Ends an exchange and reports the fault. */
  onFault: (error: unknown, exchange: Exchange) => void;
  /** Reports a fault without ending anything. */
  reportFault: (error: unknown, id: string) => void;
}

/** One request to the proxy and its answer. A fault in it ends this exchange only. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly held: HeldClient | undefined;
  readonly expectsContinue: boolean;
  readonly redirects: Redirects;
  /** As it stands in the request line. */
  readonly target: string;
  /**
   * Whether the connection ends with an error answer of the proxy, because the next bytes on it can't be interpreted.
   */
  endsConnection: boolean;
  /** Set once the request's token has been resolved to a backend. */
  route: TokenRoute | undefined;
  readonly #server: string;
  readonly #onFault: ExchangeStart['onFault'];
  readonly #reportFault: ExchangeStart['reportFault'];
  readonly #whenClosed: (() => void)[] = [];
  readonly #whenOver: (() => void)[] = [];
  #isOver = false;
  #id: string | undefined;

  constructor({ request, response, held, expectsContinue, server, redirects, onFault, reportFault }: ExchangeStart) {
    this.request = request;
    this.response = response;
    this.held = held;
    this.expectsContinue = expectsContinue;
    this.endsConnection = expectsContinue;
    this.target = request.url ?? '/';
    this.#server = server;
    this.redirects = redirects;
    this.#onFault = onFault;
    this.#reportFault = reportFault;
  }

  /** The id that appears in errors and in the dev server's output. */
  get id(): string {
    this.#id ??= newExchangeId();
    return this.#id;
  }

  /** The headers by which the proxy identifies itself in the answer. */
  get signature(): Signature {
    return { server: this.#server, backendId: this.route?.backend.id };
  }

  /** The id of the request's backend, or an empty string if it is not known yet. */
  get backendId(): string {
    return this.route?.backend.id ?? '';
  }

  /** Whether the client has disconnected, or the answer is complete. */
  get isAnswered(): boolean {
    return this.#isOver || this.response.destroyed || this.response.writableEnded;
  }

  /** Runs a part of the work. An exception ends this exchange only. */
  run(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.fault(error);
    }
  }

  /** Wraps a listener so that it can't throw: see {@link run}. */
  guard<Arguments extends unknown[]>(listener: (...values: Arguments) => void): (...values: Arguments) => void {
    return (...values) => {
      try {
        listener(...values);
      } catch (error) {
        this.fault(error);
      }
    };
  }

  /** Ends the exchange because of an internal fault of jamdev. */
  fault(error: unknown): void {
    this.#onFault(error, this);
  }

  /**
   * Calls back when both answer and upload are complete, or when the client has disconnected; at once if that has
   * happened.
   */
  whenOver(callback: () => void): void {
    if (this.#isOver) callback();
    else this.#whenOver.push(callback);
  }

  /** Calls back like {@link whenOver}, but after an accepted upgrade only when its connection is closed. */
  whenClosed(callback: () => void): void {
    this.#whenClosed.push(callback);
  }

  /** Ends the exchange and runs all callbacks. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const callback of [...this.#whenOver, ...this.#whenClosed]) this.run(callback);
  }

  /**
   * Ends the exchange after an accepted upgrade, so that request and response don't stay in memory for as long as the
   * connection.
   * @returns a function to call when the connection is closed; it holds no reference to the exchange
   */
  handOver(): () => void {
    this.#isOver = true;
    for (const callback of this.#whenOver) this.run(callback);
    return whenClosed(this.#whenClosed, this.#reportFault);
  }

  /**
   * Ends the exchange unless the upload is still in progress: an answer may be complete first, and the backend still
   * gets the rest of the body. Call this when the response has closed.
   */
  responseClosed(): void {
    const { request, response } = this;
    const { socket } = request;
    if (!response.writableFinished || request.complete || socket.destroyed) return this.end();
    const onOver = () => {
      request.off('end', onOver);
      // Node.js does not emit `close` on a request that already has its answer when its connection ends.
      socket.off('close', onOver);
      this.end();
    };
    request.once('end', onOver);
    socket.once('close', onOver);
  }
}

/** A separate function, so that its closure keeps nothing else in memory. */
function whenClosed(callbacks: readonly (() => void)[], reportFault: ExchangeStart['reportFault']): () => void {
  return () => {
    for (const callback of callbacks) {
      try {
        callback();
      } catch (error) {
        reportFault(error, newExchangeId());
      }
    }
  };
}
