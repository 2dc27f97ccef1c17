import type { Clock } from '../os/clock.js';
import { handledElsewhere } from '../os/debug/debug-log.js';
import { orAborted } from '../os/or-aborted.js';
import { waitUntilReady } from '../runtime/readiness.js';
import type { Address, Build, Exit, Runtime, RuntimeBackend, SpawnRequest, StartKind } from '../runtime/runtime.js';
import type { StrangeAnswer } from '../runtime/strange-answer.js';
import { Silence } from './silence.js';
import type { UsageGauge } from './usage-gauge.js';

/** A process that gives no HTTP answer for this long after its start is ended: `startuptimeout` (platform contract, "Lifecycle"). */
export const STARTUP_TIMEOUT_MS = 300_000;
/** How long a replaced process has to answer the requests it got, before it is asked to end. */
const DRAIN_MS = 1_000;

/** Receives what happens to one process of a backend. */
export interface GenerationListener {
  /** It runs, and is asked over HTTP until it answers. */
  waiting(): void;
  /** Where it is reached has changed; undefined: nowhere. Its first address means that it is ready. */
  addressChanged(address: Address | undefined): void;
  /** The reason why it does not answer became known, or no longer applies. */
  silenceChanged(reason: string | undefined): void;
  /** It has not answered within {@link STARTUP_TIMEOUT_MS}. */
  startTimedOut(): void;
  /** It did not end within its grace period, and is forced now. */
  softTimeOver(): void;
}

/** What a generation depends on. */
export interface GenerationWorld {
  runtime: Runtime;
  clock: Clock;
  /** How long the process has to end after it was asked to, before it is forced. */
  gracePeriodMs: number;
  /** Measures the process while it runs. */
  usage: UsageGauge;
}

/** How far the process has come. Moves forward only. */
type Progress = 'starting' | 'waiting' | 'ready' | 'stopped';
/** What was asked of it; each takes the place of the one before. */
type Demand = 'drain' | 'soft' | 'hard';

/**
 * One process of a backend, from its start to its end: it starts at once, becomes ready, may be drained, and ends on
 * its own or on demand. It waits for one thing at a time, so it has one deadline.
 */
export class Generation {
  readonly build: Build;
  /** Resolves, never rejects, when nothing of it runs: another process may start under its key. */
  readonly stopped: Promise<void>;
  /** Resolves when also all its output was handed over. @throws why it could not be started */
  readonly exited: Promise<Exit>;
  readonly #world: GenerationWorld;
  readonly #listener: GenerationListener;
  readonly #silence: Silence;
  /** Aborted when its end is demanded: ends the start, and the waiting for an answer. */
  readonly #demanded = new AbortController();
  #progress: Progress = 'starting';
  #demand: Demand | undefined;
  #process: RuntimeBackend | undefined;
  #address: Address | undefined;
  #requestsInFlight = 0;
  #wasReady = false;
  /** A fault of jamdev while it waited for the answer. */
  #failure: Error | undefined;
  #cancelDeadline: () => void = () => undefined;

  /** Starts it; the listener is called from the next microtask on. */
  constructor(request: SpawnRequest, world: GenerationWorld, listener: GenerationListener) {
    this.build = request.build;
    this.#world = world;
    this.#listener = listener;
    this.#silence = new Silence(world.clock, (reason) => listener.silenceChanged(reason));
    this.#setDeadline(STARTUP_TIMEOUT_MS, () => listener.startTimedOut());
    const process = this.#start(request);
    this.exited = process.then(async (started) => {
      const exit = await started.exited;
      if (this.#failure !== undefined) throw this.#failure;
      return this.#demand === undefined && !exit.lost ? { ...exit, onItsOwn: true } : exit;
    });
    // A caller that waits for it handles the error; nothing waits for the start of a replaced process.
    this.exited.catch(handledElsewhere);
    this.stopped = process
      .then(
        (started) => started.stopped,
        () => undefined,
      )
      .then(() => this.#stop());
  }

  /** Where it listens; undefined before it is ready, while it is drained, and after its end. */
  get address(): Address | undefined {
    return this.#address;
  }

  /** Whether it is to become ready: it has not answered yet, and nothing ended it. */
  get isComing(): boolean {
    return (this.#progress === 'starting' || this.#progress === 'waiting') && this.#demand === undefined;
  }

  /** Whether its first program ended without being asked to; what that left behind may still run. */
  get endedItself(): boolean {
    return this.#demand === undefined && this.#process?.ended === true;
  }

  /** How its process was started; undefined before it was. */
  get startKind(): StartKind | undefined {
    return this.#process === undefined ? undefined : (this.#process.startKind ?? 'cold');
  }

  /** Whether it has ever answered. */
  get wasReady(): boolean {
    return this.#wasReady;
  }

  /** Whether it ended, or could not be started, before it answered and without being asked to end. */
  get failedToStart(): boolean {
    return this.#progress === 'stopped' && this.#demand === undefined && !this.#wasReady;
  }

  /** Why it does not answer, as far as that is known; one or two sentences. */
  get silence(): string | undefined {
    return this.#silence.reason;
  }

  /** Looks from outside why it does not answer. @returns undefined when it can't be seen; one or two sentences */
  explainSilence(): Promise<string | undefined> {
    return this.#silence.look();
  }

  /** Counts a request that it has got and will answer. @returns to be called once, when that is over */
  requestSent(): () => void {
    this.#requestsInFlight += 1;
    return () => {
      this.#requestsInFlight -= 1;
      if (this.#requestsInFlight === 0 && this.#demand === 'drain') this.#bring('soft');
    };
  }

  /**
   * Ends it for another to take its place: nothing new reaches it, it answers the requests it got, then it has the time
   * of a soft termination. One that is still being started is forced, since no client knows it.
   */
  retire(): void {
    if (this.#demand !== undefined) return;
    this.#silence.end();
    this.#setAddress(undefined);
    if (this.#progress === 'starting') return this.#bring('hard');
    if (this.#requestsInFlight === 0) return this.#bring('soft');
    this.#demand = 'drain';
    this.#setDeadline(DRAIN_MS, () => this.#bring('soft'));
  }

  /**
   * Asks it to end (SIGTERM, and its grace period), or forces it (SIGKILL). Until it stops it is reached where it was:
   * clients see their work saved. What one that ended itself left behind can only be forced.
   */
  end(hard: boolean): void {
    if (this.endedItself) {
      if (hard) this.#process?.terminate(true);
      return;
    }
    if (this.#demand === 'hard' || (this.#demand === 'soft' && !hard)) return;
    this.#silence.end();
    this.#bring(hard ? 'hard' : 'soft');
  }

  async #start(request: SpawnRequest): Promise<RuntimeBackend> {
    const process = await this.#world.runtime.spawn(request, this.#demanded.signal);
    this.#process = process;
    this.#world.usage.attach(process);
    if (this.#demand === undefined) void this.#becomeReady(process);
    else this.#bring(this.#demand);
    return process;
  }

  async #becomeReady(process: RuntimeBackend): Promise<void> {
    this.#progress = 'waiting';
    this.#listener.waiting();
    this.#silence.begin(process);
    const ended = new AbortController();
    void process.exited.then(() => ended.abort());
    const signal = AbortSignal.any([this.#demanded.signal, ended.signal]);
    const hear = (answer: StrangeAnswer) => this.#silence.hear(answer);
    const mayAnswer = () => process.mayAnswer?.() ?? true;
    const answering =
      process.reportedReady === undefined
        ? waitUntilReady(process.addresses, signal, hear, mayAnswer)
        : orAborted(process.reportedReady, signal);
    const address = await answering.catch((error) => {
      if (!signal.aborted) this.#fail(error);
      return undefined;
    });
    // It ended, or was told to, before it answered.
    if (address === undefined || signal.aborted || this.#progress !== 'waiting') return;
    this.#progress = 'ready';
    this.#wasReady = true;
    this.#cancelDeadline();
    this.#silence.answered();
    process.answered?.();
    this.#setAddress(address);
  }

  #fail(error: unknown): void {
    this.#failure = error instanceof Error ? error : new Error('waiting for the first answer failed', { cause: error });
    this.#bring('hard');
  }

  /** Passes a demand on to the process; if there is none yet, the start sees the aborted signal. */
  #bring(demand: Demand): void {
    this.#demand = demand;
    this.#cancelDeadline();
    this.#demanded.abort();
    if (this.#process === undefined || this.#progress === 'stopped') return;
    if (demand === 'hard') return this.#process.terminate(true);
    // The last chance to see its memory. For a child process it costs nothing, because terminating takes the same snapshot.
    void this.#world.usage.read();
    this.#process.terminate(false);
    this.#setDeadline(this.#world.gracePeriodMs, () => {
      this.#listener.softTimeOver();
      this.end(true);
    });
  }

  #stop(): void {
    this.#progress = 'stopped';
    this.#cancelDeadline();
    this.#silence.end();
    this.#world.usage.detach();
    this.#setAddress(undefined);
  }

  #setDeadline(ms: number, callback: () => void): void {
    this.#cancelDeadline();
    this.#cancelDeadline = this.#world.clock.after(ms, callback);
  }

  #setAddress(address: Address | undefined): void {
    if (this.#address === address) return;
    this.#address = address;
    this.#listener.addressChanged(address);
  }
}
