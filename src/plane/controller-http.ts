import type { Dispatcher } from 'undici';
import Pool from 'undici/lib/dispatcher/pool.js';

/** A connection that nobody has used for longer is not used again: the other side may be about to close it. */
const IDLE_MS = 4_000;

/** An answer, whole. */
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

/** The answer did not come in time. */
export class AnswerTimeout extends Error {
  override readonly name = 'AnswerTimeout';
}

/**
 * Asks one server for small answers, over connections that are kept. By undici's dispatch rather than fetch() or node:http,
 * which were measured to take several times as much CPU time, and a connect is little else.
 */
export class KeptConnections {
  readonly #pool: Pool;

  /** @param base a URL without a path, http or https */
  constructor(base: string) {
    // Nothing is sent behind a request that waits for its answer: a spawn takes seconds.
    this.#pool = new Pool(base, { pipelining: 1, keepAliveTimeout: IDLE_MS, keepAliveMaxTimeout: IDLE_MS });
  }

  /** @throws AnswerTimeout; the error of the connection; the signal's reason when it aborts first */
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
  /** Why it is given up. */
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

  /** Settles at once, even while a connection is still being made. */
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
