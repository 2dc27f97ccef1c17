import type { Clock } from '../../os/clock.js';
import { handledElsewhere, ignoreError } from '../../os/debug/debug-log.js';
import type { Address, Exit, RuntimeBackend, Usage, UsageWish } from '../runtime.js';
import type { StrangeAnswer } from '../strange-answer.js';
import type { ControlSocket } from './control-socket.js';
import { findListener } from './find-listener.js';

/** How long after its assignment a backend may take to report ready before a remark is made. */
const READY_EXPECTED_MS = 5_000;
/**
 * How often a backend that has not reported ready is checked for being stopped. If it is, the session starts without
 * it.
 */
const SUSPENDED_CHECK_MS = 1_000;

/** A backend that was taken out of a warm pool. It is ready when it reports so. */
export class PooledBackend implements RuntimeBackend {
  readonly startKind = 'pool';
  readonly reportedReady: Promise<Address>;
  readonly #backend: RuntimeBackend;
  readonly #control: ControlSocket;
  readonly #clock: Clock;
  readonly #assignedAtMs: number;
  readonly #ended = new AbortController();
  #isReady = false;
  /** Called when the backend is ready. */
  readonly answered: () => void;

  /**
   * @param backend the started process or container
   * @param control the socket by which it got its assignment
   * @param ready resolves when it has reported ready
   * @param onServed called when its start is over, whether it succeeded or failed
   * @param clock measures the time to the report
   */
  constructor(
    backend: RuntimeBackend,
    control: ControlSocket,
    ready: Promise<void>,
    onServed: () => void,
    clock: Clock,
  ) {
    this.#clock = clock;
    this.#assignedAtMs = clock.monotonicMs();
    this.#backend = backend;
    this.#control = control;
    this.answered = onServed;
    this.reportedReady = this.#untilReady(ready);
    this.reportedReady.catch(handledElsewhere);
    // Before it is ready, no client has reached it, so the session can start without it.
    void backend.disturbed?.then(() => this.#endUnlessReady());
    if (backend.isSuspended !== undefined) this.#checkLater();
    void backend.exited.then(() => {
      this.#ended.abort();
      onServed();
    });
  }

  get addresses(): readonly Address[] {
    return this.#backend.addresses;
  }

  get ended(): boolean {
    return this.#backend.ended;
  }

  get stopped(): Promise<unknown> {
    return this.#backend.stopped;
  }

  get exited(): Promise<Exit> {
    return this.#backend.exited;
  }

  terminate(hard: boolean): void {
    this.#backend.terminate(hard);
  }

  async explainNotReady(answer?: StrangeAnswer): Promise<string | undefined> {
    const { progress, saidReadyTooEarly, hasHungUp } = this.#control;
    if (progress === 'ready') return (await this.#backend.explainNotReady(answer)) ?? NOT_LISTENING;
    if (hasHungUp) return HUNG_UP;
    if (saidReadyTooEarly) return READY_TOO_EARLY;
    return this.#clock.monotonicMs() - this.#assignedAtMs < READY_EXPECTED_MS ? undefined : NOT_READY;
  }

  async #untilReady(ready: Promise<void>): Promise<Address> {
    await ready;
    const address = await findListener(this.#backend, this.#ended.signal);
    // A backend that is being ended may still get this far.
    this.#ended.signal.throwIfAborted();
    this.#isReady = true;
    return address;
  }

  #endUnlessReady(): void {
    if (this.#isReady) return;
    this.#ended.abort();
    this.#backend.terminate(true);
  }

  #checkLater(): void {
    this.#clock.after(SUSPENDED_CHECK_MS, () => {
      this.#endIfSuspended().catch(ignoreError('processes', 'looking at a backend from a warm pool'));
    });
  }

  async #endIfSuspended(): Promise<void> {
    if (this.#isReady || this.#ended.signal.aborted) return;
    if (await this.#backend.isSuspended?.()) this.#endUnlessReady();
    else this.#checkLater();
  }

  usage(wish?: UsageWish): Promise<Usage | undefined> {
    return this.#backend.usage(wish);
  }
}

const NOT_LISTENING =
  'It reported ready, but does not listen on the port in the variable PORT. Listen before calling ready().';
const HUNG_UP = 'It closed its control socket before it reported ready, so it can’t become ready anymore.';
const READY_TOO_EARLY =
  'It reported ready before it had its assignment, so this is ignored. Call ready() on the result of assignment().';
const NOT_READY =
  'It has its assignment, but has not reported ready. Call ready() on the result of assignment() once it listens.';
