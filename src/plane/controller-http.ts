import type { Dispatcher } from 'undici';
import Pool from 'undici/lib/dispatcher/pool.js';

/** A connection that has been idle for longer is not reused, since the other side may be about to close it. */
const IDLE_MS = 4_000;

/** A complete answer. */
export interface HttpAnswer {
  status: number;
  text: string;
}

interface HttpQuestion {
  method: 'GET' | 'POST';
  /** JSON text. */
  body: string | undefined;
  timeoutMs: number;
  signal: AbortSignal | undefined;
}

/** The answer did not arrive before the timeout. */
export class AnswerTimeout extends Error {
  override readonly name = 'AnswerTimeout';
}

/**
 * Sends small requests to one server over kept connections. Uses undici's dispatch rather than fetch() or node:http,
 * which were measured to take several times as much CPU time; a connect does little else.
 */
export class KeptConnections {
  readonly #pool: Pool;

  /** @param base a URL without a path, http or https */
  constructor(base: string) {
    // Requests are not pipelined behind a pending one, since a spawn takes seconds.
    this.#pool = new Pool(base, { pipelining: 1, keepAliveTimeout: IDLE_MS, keepAliveMaxTimeout: IDLE_MS });
  }

  /** Sends a request. @throws AnswerTimeout, the connection's error, or the signal's reason if it aborts first */
  ask(path: string, { method, body, timeoutMs, signal }: HttpQuestion): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const answer = new AnswerReader(timeoutMs, signal, resolve, reject);
      const headers = body === undefined ? {} : { 'content-type': 'application/json' };
      this.#pool.dispatch({ path, method, body: body ?? null, headers }, answer);
    });
  }
}

/** Collects one answer. */
class AnswerReader implements Dispatcher.DispatchHandler {
  readonly #resolve: (answer: HttpAnswer) => void;
  readonly #reject: (error: unknown) => void;
  readonly #signal: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #chunks: Buffer[] = [];
  #status = 0;
  #request: Dispatcher.DispatchController | undefined;
  /** The reason why the request was given up. */
  #reason: Error | undefined;

  constructor(
    timeoutMs: number,
    signal: AbortSignal | undefined,
    resolve: (answer: HttpAnswer) => void,
    reject: (error: unknown) => void,
  ) {
    this.#resolve = resolve;
    this.#reject = reject;
    this.#signal = signal;
    this.#timer = setTimeout(() => this.#giveUp(new AnswerTimeout()), timeoutMs);
    signal?.addEventListener('abort', this.#onAbort);
    if (signal?.aborted) this.#onAbort();
  }

  onRequestStart(request: Dispatcher.DispatchController): void {
    this.#request = request;
    if (this.#reason !== undefined) request.abort(this.#reason);
  }

  onResponseStart(_request: Dispatcher.DispatchController, status: number): void {
    this.#status = status;
  }

  onResponseData(_request: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#settle();
    this.#resolve({ status: this.#status, text: Buffer.concat(this.#chunks).toString('utf8') });
  }

  onResponseError(_request: Dispatcher.DispatchController | undefined, error: Error): void {
    this.#settle();
    this.#reject(this.#reason ?? error);
  }

  readonly #onAbort = () => this.#giveUp(this.#signal?.reason);

  /** Rejects at once, even while the connection is still being opened. */
  #giveUp(reason: Error): void {
    this.#reason = reason;
    this.#settle();
    this.#reject(reason);
    this.#request?.abort(reason);
  }

  #settle(): void {
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }
}
