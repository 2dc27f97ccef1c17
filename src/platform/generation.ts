import type { Clock } from '../os/clock.js';
import { handledElsewhere } from '../os/debug/debug-log.js';
import { orAborted } from '../os/or-aborted.js';
import { waitUntilReady } from '../runtime/readiness.js';
import type { Address, Build, Exit, Runtime, RuntimeBackend, SpawnRequest, StartKind } from '../runtime/runtime.js';
import type { StrangeAnswer } from '../runtime/strange-answer.js';
import { Silence } from './silence.js';
import type { UsageGauge } from './usage-gauge.js';

/**
 * How long a process may take to answer over HTTP before it is terminated with `startuptimeout` (platform contract,
 * "Lifecycle").
 */
export const STARTUP_TIMEOUT_MS = 300_000;
/** How long a replaced process may take to answer its pending requests before it gets SIGTERM. */
const DRAIN_MS = 1_000;

/** Receives the events of one process of a backend. */
export interface GenerationListener {
  /** The process is running and is polled over HTTP until it answers. */
  waiting(): void;
  /**
   * The address of the process has changed; undefined while it can't be reached. The first address means that it is
   * ready.
   */
  addressChanged(address: Address | undefined): void;
  /** The reason why the process does not answer has become known, or no longer applies. */
  silenceChanged(reason: string | undefined): void;
  /** The process has not answered within {@link STARTUP_TIMEOUT_MS}. */
  startTimedOut(): void;
  /** The process did not end within its grace period and is now being killed. */
  softTimeOver(): void;
}

/** The dependencies of a generation. */
export interface GenerationWorld {
  runtime: Runtime;
  clock: Clock;
  /** How long the process may take to end after a soft termination before it is killed. */
  gracePeriodMs: number;
  /** Measures the process while it is running. */
  usage: UsageGauge;
}

/** The progress of the process, which only moves forward. */
type Progress = 'starting' | 'waiting' | 'ready' | 'stopped';
/** The requested end of the process; each value supersedes the previous one. */
type Demand = 'drain' | 'soft' | 'hard';

/**
 * One process of a backend, from start to end: it starts at once, becomes ready, may be drained, and ends on its own or
 * on demand. It waits for one thing at a time, so a single deadline is enough.
 */
export class Generation {
  readonly build: Build;
  /** Resolves (never rejects) when nothing of it runs anymore, so that another process may start under the same key. */
  readonly stopped: Promise<void>;
  /** Resolves when all output has been delivered as well. @throws why the process could not be started */
  readonly exited: Promise<Exit>;
  readonly #world: GenerationWorld;
  readonly #listener: GenerationListener;
  readonly #silence: Silence;
  /** Aborted when the end is requested; cancels the start and the wait for an answer. */
  readonly #demanded = new AbortController();
  #progress: Progress = 'starting';
  #demand: Demand | undefined;
  #process: RuntimeBackend | undefined;
  #address: Address | undefined;
  #requestsInFlight = 0;
  #wasReady = false;
  /** An internal fault of jamdev during the wait for the first answer. */
  #failure: Error | undefined;
  #cancelDeadline: () => void = () => undefined;

  /** Starts the process. The listener is called from the next microtask on. */
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
    // A caller that waits for `exited` handles the error itself; nothing waits for the start of a replaced process.
    this.exited.catch(handledElsewhere);
    this.stopped = process
      .then(
        (started) => started.stopped,
        () => undefined,
      )
      .then(() => this.#stop());
  }

  /** The address of the process; undefined before it is ready, while it is being drained, and after its end. */
  get address(): Address | undefined {
    return this.#address;
  }

  /** Whether the process is still expected to become ready: it has not answered, and its end was not requested. */
  get isComing(): boolean {
    return (this.#progress === 'starting' || this.#progress === 'waiting') && this.#demand === undefined;
  }

  /** Whether the main program exited on its own. Descendants of it may still be running. */
  get endedItself(): boolean {
    return this.#demand === undefined && this.#process?.ended === true;
  }

  /** How the process was started; undefined before the start has succeeded. */
  get startKind(): StartKind | undefined {
    return this.#process === undefined ? undefined : (this.#process.startKind ?? 'cold');
  }

  /** Whether the process has ever answered. */
  get wasReady(): boolean {
    return this.#wasReady;
  }

  /** Whether the process ended on its own before it answered, or could not be started. */
  get failedToStart(): boolean {
    return this.#progress === 'stopped' && this.#demand === undefined && !this.#wasReady;
  }

  /** Why the process does not answer, if that is known, in one or two sentences. */
  get silence(): string | undefined {
    return this.#silence.reason;
  }

  /**
   * Examines from outside why the process does not answer. @returns one or two sentences, or undefined if no reason is
   * found
   */
  explainSilence(): Promise<string | undefined> {
    return this.#silence.look();
  }

  /** Counts a request that was sent to the process. @returns a function to call once when the request is over */
  requestSent(): () => void {
    this.#requestsInFlight += 1;
    return () => {
      this.#requestsInFlight -= 1;
      if (this.#requestsInFlight === 0 && this.#demand === 'drain') this.#bring('soft');
    };
  }

  /**
   * Ends the process so that another can replace it: it gets no new requests, answers the pending ones, and then gets a
   * soft termination. A process that is still starting is killed, since no client knows it.
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
   * Terminates the process softly (SIGTERM, then its grace period) or hard (SIGKILL). It stays reachable until it
   * stops, so that clients see their work saved. What an exited program left behind can only be killed.
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
    // The process ended, or its end was requested, before it answered.
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

  /** Passes a request to end on to the process. If it is still being started, the aborted signal cancels the start. */
  #bring(demand: Demand): void {
    this.#demand = demand;
    this.#cancelDeadline();
    this.#demanded.abort();
    if (this.#process === undefined || this.#progress === 'stopped') return;
    if (demand === 'hard') return this.#process.terminate(true);
    // The last chance to measure its memory. For a child process this costs nothing, because terminating takes the same
    // snapshot.
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
