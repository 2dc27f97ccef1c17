import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TokenRoute } from '../platform/tokens.js';
import type { HeldClient } from './held-client.js';
import type { Redirects } from './redirects.js';
import type { Signature } from './response-headers.js';

/** Makes an id that stands in an answer and in the dev server's output. */
export function newExchangeId(): string {
  return randomBytes(6).toString('hex');
}

/** What an exchange begins with. */
export interface ExchangeStart {
  request: IncomingMessage;
  response: ServerResponse;
  /** The client's connection, if the request is an upgrade. */
  held: HeldClient | undefined;
  /** Whether the client waits for `100 Continue` before it sends the body. */
  expectsContinue: boolean;
  /** What the proxy calls itself in `Server`. */
  server: string;
  /** Judges redirects of backends. */
  redirects: Redirects;
  /** Ends an exchange and reports the fault. */
  onFault: (error: unknown, exchange: Exchange) => void;
  /** Reports a fault that ends nothing. */
  reportFault: (error: unknown, id: string) => void;
}

/** One request to the proxy and its answer. Whatever goes wrong with it ends it alone. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly held: HeldClient | undefined;
  readonly expectsContinue: boolean;
  readonly redirects: Redirects;
  /** As it stands in the request line. */
  readonly target: string;
  /** Whether the connection ends with an answer of the proxy's own, as nobody can tell what comes next on it. */
  endsConnection: boolean;
  /** Set once it is known for which backend the request is. */
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

  /** Stands in errors and in the dev server's output. */
  get id(): string {
    this.#id ??= newExchangeId();
    return this.#id;
  }

  /** What the proxy says of itself in the answer. */
  get signature(): Signature {
    return { server: this.#server, backendId: this.route?.backend.id };
  }

  /** The backend that the request is for; empty while that is unknown. */
  get backendId(): string {
    return this.route?.backend.id ?? '';
  }

  /** Whether the client has disconnected, or the answer is complete. */
  get isAnswered(): boolean {
    return this.#isOver || this.response.destroyed || this.response.writableEnded;
  }

  /** Runs a part of the work. What it throws ends this exchange, and nothing else. */
  run(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.fault(error);
    }
  }

  /** Makes a listener that can't throw: see {@link run}. */
  guard<Arguments extends unknown[]>(listener: (...values: Arguments) => void): (...values: Arguments) => void {
    return (...values) => {
      try {
        listener(...values);
      } catch (error) {
        this.fault(error);
      }
    };
  }

  /** Ends it for a fault of jamdev's own. */
  fault(error: unknown): void {
    this.#onFault(error, this);
  }

  /** Calls back when the answer is complete and the upload as well, or the client has left. At once if that has happened. */
  whenOver(callback: () => void): void {
    if (this.#isOver) callback();
    else this.#whenOver.push(callback);
  }

  /** Calls back as {@link whenOver} does, but for an upgrade that was accepted only when its connection is closed. */
  whenClosed(callback: () => void): void {
    this.#whenClosed.push(callback);
  }

  /** Ends what was counted for it. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const callback of [...this.#whenOver, ...this.#whenClosed]) this.run(callback);
  }

  /**
   * Ends it, as its upgrade was accepted: request and response need not stay in memory for as long as the connection.
   * @returns to be called when the connection is closed; keeps none of this
   */
  handOver(): () => void {
    this.#isOver = true;
    for (const callback of this.#whenOver) this.run(callback);
    return whenClosed(this.#whenClosed, this.#reportFault);
  }

  /**
   * To be called when the response has closed: ends the exchange, unless the upload is still under way. An answer may be
   * complete before, and the backend gets the rest.
   */
  responseClosed(): void {
    const { request, response } = this;
    const { socket } = request;
    if (!response.writableFinished || request.complete || socket.destroyed) return this.end();
    const onOver = () => {
      request.off('end', onOver);
      // Node.js does not tell a request that has its answer of the end of its connection.
      socket.off('close', onOver);
      this.end();
    };
    request.once('end', onOver);
    socket.once('close', onOver);
  }
}

/** In a function of its own, so that it keeps nothing else in memory. */
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
