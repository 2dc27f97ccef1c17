import { handledElsewhere } from '../../os/debug/debug-log.js';
import { waitUntilReady } from '../readiness.js';
import type { Address, Exit, RuntimeBackend, StartKind, Usage, UsageWish } from '../runtime.js';
import type { StrangeAnswer } from '../strange-answer.js';
import type { PooledBackend } from './pooled-backend.js';

/**
 * Starts a backend cold in place of one that has ended. Never rejects.
 * @param exit of the backend that has ended
 * @param signal aborts the start
 * @returns undefined if that is not possible
 */
type StartCold = (exit: Exit, signal: AbortSignal) => Promise<RuntimeBackend | undefined>;

/**
 * A backend that was taken out of a warm pool. If it ends on its own before it has reported ready, no client has
 * reached it yet: once nothing of it runs, it is replaced by a backend that is started cold, so that a session never
 * fails because of a pool.
 */
export class FallbackBackend implements RuntimeBackend {
  readonly reportedReady: Promise<Address>;
  readonly stopped: Promise<unknown>;
  readonly exited: Promise<Exit>;
  readonly #demanded = new AbortController();
  #current: RuntimeBackend;
  #isReady = false;
  /** Whether it has been decided if another backend takes its place. */
  #isSettled = false;

  constructor(pooled: PooledBackend, startCold: StartCold) {
    this.#current = pooled;
    const cold = pooled.exited.then((exit) => this.#fallBack(exit, startCold));
    this.stopped = pooled.stopped.then(async () => (this.#mayFallBack ? (await cold)?.stopped : undefined));
    this.exited = cold.then((backend) => (backend ?? pooled).exited);
    const ready = pooled.reportedReady.then((address) => {
      this.#isReady = true;
      return address;
    });
    this.reportedReady = Promise.any([ready, cold.then((backend) => untilAnswering(backend, this.#demanded.signal))]);
    this.reportedReady.catch(handledElsewhere);
  }

  get startKind(): StartKind | undefined {
    return this.#current.startKind;
  }

  get addresses(): readonly Address[] {
    return this.#current.addresses;
  }

  get ended(): boolean {
    return this.#current.ended && (this.#isSettled || !this.#mayFallBack);
  }

  terminate(hard: boolean): void {
    this.#demanded.abort();
    this.#current.terminate(hard);
  }

  explainNotReady(answer?: StrangeAnswer): Promise<string | undefined> {
    return this.#current.explainNotReady(answer);
  }

  answered(): void {
    this.#current.answered?.();
  }

  usage(wish?: UsageWish): Promise<Usage | undefined> {
    return this.#current.usage(wish);
  }

  get #mayFallBack(): boolean {
    return !this.#isReady && !this.#demanded.signal.aborted;
  }

  /** @returns the replacement, or undefined if there is none */
  async #fallBack(exit: Exit, startCold: StartCold): Promise<RuntimeBackend | undefined> {
    try {
      if (!this.#mayFallBack) return undefined;
      const { signal } = this.#demanded;
      const backend = await startCold(exit, signal);
      if (backend === undefined) return undefined;
      this.#current = backend;
      if (signal.aborted) backend.terminate(true);
      return backend;
    } finally {
      this.#isSettled = true;
    }
  }
}

/**
 * Resolves when the backend answers. Never settles if it does not exist or ends before that, since its end is reported
 * separately.
 */
async function untilAnswering(backend: RuntimeBackend | undefined, demanded: AbortSignal): Promise<Address> {
  if (backend === undefined) return new Promise<Address>(() => undefined);
  const ended = new AbortController();
  void backend.exited.then(() => ended.abort());
  const signal = AbortSignal.any([demanded, ended.signal]);
  return waitUntilReady(
    backend.addresses,
    signal,
    () => undefined,
    () => backend.mayAnswer?.() ?? true,
  );
}
