import { EventEmitter } from 'node:events';
import type { ErrorCode } from '../contract/errors/error-codes.js';
import { JamdevError } from '../contract/errors/jamdev-error.js';
import type { ConnectParams } from '../contract/requests.js';
import type { TerminationReason } from '../contract/status.js';
import type { BackendLog } from '../logs/backend-log.js';
import { type Clock, pause } from '../os/clock.js';
import { asSystemProblem } from '../os/system-problem.js';
import { waitUntilReady } from '../runtime/readiness.js';
import type { Address, Build, Exit, Runtime, RuntimeBackend } from '../runtime/runtime.js';
import { advance, type BackendState, isEnding, rankOf, toTerminated } from './backend-state.js';
import type { BuildSource, Service } from './services.js';
import { Silence } from './silence.js';
import { UsageGauge } from './usage-gauge.js';

/** No HTTP answer for so long after the start: ended, reason `startuptimeout` (platform contract, "Lifecycle"). */
const STARTUP_TIMEOUT_MS = 300_000;
/** How long a soft termination waits for the process before it turns hard. */
const SOFT_TERMINATION_MS = 10_000;
const DEFAULT_MAX_IDLE_SECONDS = 300;
/** How long a replaced process has to answer the requests it got, before it is asked to end. */
const DRAIN_MS = 1_000;

/** As shells have it: there is no such command, and there is one that can't be executed. */
const EXIT_CODES: Partial<Record<ErrorCode, number>> = { CommandNotFound: 127, CommandNotExecutable: 126 };

type Timer = 'idle' | 'lifetime' | 'startup' | 'soft';

/** What a backend needs of the world. */
export interface BackendWorld {
  runtime: Runtime;
  builds: BuildSource;
  clock: Clock;
}

/** What makes one backend different from another. */
export interface BackendIdentity {
  id: string;
  service: Service;
  key: string;
  /** Whether the key was given in the request, or made up. */
  keyGiven: boolean;
  environment: string;
  /** The image it was asked to run, which it keeps; undefined: the newest build, and newer ones later. */
  image?: Build | undefined;
  fencingToken: number;
  /** Its only connection token, if it has a static one. */
  staticToken?: string | undefined;
}

export interface BackendEvents {
  state: [state: BackendState];
  /** A remark about this backend for the person at the terminal. */
  notice: [text: string];
  /** Where it is reached has changed; undefined: nowhere, while its process is replaced or gone. */
  address: [address: Address | undefined];
  /** The reason why it does not answer has become known, or no longer applies. */
  silence: [reason: string | undefined];
  /** Its process is being replaced by one of another build; `explanation` says so in words. */
  restarting: [buildNumber: number, explanation: string];
}

/**
 * Drives one session backend from `scheduled` to `terminated`. It owns the state; everything the state waits for is
 * given up as soon as the state moves on. Nothing here ever moves a backend backwards or leaves it short of the end.
 */
export class Backend {
  readonly identity: BackendIdentity;
  readonly log: BackendLog;
  readonly events = new EventEmitter<BackendEvents>().setMaxListeners(0);
  /** Resolves when it is `terminated`: its process is gone and its key is free. */
  readonly gone: Promise<void>;
  readonly spawnedAtMs: number;
  /** Memory and CPU time that it uses. */
  readonly usage: UsageGauge;
  readonly #world: BackendWorld;
  readonly #params: ConnectParams;
  #history: readonly BackendState[] = [];
  /** Aborted when the end begins: ends the waiting for a build, a start, an answer. */
  readonly #ending = new AbortController();
  #process: RuntimeBackend | undefined;
  #address: Address | undefined;
  #build: Build | undefined;
  /** The build that is to replace the one that runs. */
  #nextBuild: Build | undefined;
  /** Resolves when what the replaced processes ran in is cleared away. */
  #replacedGone: Promise<unknown> = Promise.resolve();
  #explanation: string | undefined;
  #connections = 0;
  #requestsInFlight = 0;
  #drained: () => void = () => undefined;
  /** Whether a process that was ready has been, or is being, replaced by one that is not ready yet. */
  #isReplacing = false;
  readonly #silence: Silence;
  readonly #cancelTimers = new Map<Timer, () => void>();

  /** Starts it at once. */
  constructor(identity: BackendIdentity, params: ConnectParams, log: BackendLog, world: BackendWorld) {
    this.identity = identity;
    this.log = log;
    this.#params = params;
    this.#world = world;
    this.spawnedAtMs = world.clock.monotonicMs();
    this.usage = new UsageGauge(world.clock);
    this.#silence = new Silence(world.clock, (reason) => {
      if (reason !== undefined) this.remark(reason);
      this.events.emit('silence', reason);
    });
    this.#enter({ status: 'scheduled', time: world.clock.now() });
    this.#armIdle();
    const { lifetimeLimitSeconds: limit } = params;
    if (limit !== undefined) {
      this.#arm('lifetime', limit * 1000, () => this.#sweep(`Its lifetime limit of ${limit} s was reached.`));
    }
    // Begins in the next microtask, so that the caller can listen to its events first.
    this.gone = Promise.resolve().then(() => this.#live());
  }

  get id(): string {
    return this.identity.id;
  }

  /** All states so far, the first one first. */
  get history(): readonly BackendState[] {
    return this.#history;
  }

  get state(): BackendState {
    return this.#history[this.#history.length - 1] as BackendState;
  }

  /** The build it runs, once that is known. */
  get build(): Build | undefined {
    return this.#build;
  }

  /** The number of that build; 0 for an image that is not jamdev's. */
  get buildNumber(): number | undefined {
    return this.#build?.number;
  }

  /**
   * Why its process was last replaced, or, once it is ending, why it ends: "replaced by build 3 (changed: server.js)".
   * Undefined when jamdev did neither, or when the status says it all.
   */
  get explanation(): string | undefined {
    return this.#explanation;
  }

  /** Where it listens; undefined while it can't be reached. */
  get address(): Address | undefined {
    return this.#address;
  }

  /** Open connections through the proxy. */
  get connections(): number {
    return this.#connections;
  }

  get createdAt(): Date {
    return (this.#history[0] as BackendState).time;
  }

  /** How it is called where a person reads it: by the key if it has one, else by the id. */
  get displayName(): string {
    return this.identity.keyGiven ? this.identity.key : this.id;
  }

  /** Counts an open connection, which keeps it from being swept. @returns to be called once, when it is closed */
  connectionOpened(): () => void {
    this.#connections += 1;
    this.#disarm('idle');
    return () => {
      this.#connections -= 1;
      if (this.#connections === 0) this.#armIdle();
    };
  }

  /** Counts a request that its process has got and will answer. @returns to be called once, when that is over */
  requestSent(): () => void {
    this.#requestsInFlight += 1;
    return () => {
      this.#requestsInFlight -= 1;
      if (this.#requestsInFlight === 0) this.#drained();
    };
  }

  /**
   * Waits until it can be reached: while it starts, and while its process is replaced. One that is ending still can be,
   * if it was ready: clients see their work saved.
   * @returns where it listens; undefined when it will not be reachable anymore
   * @throws the signal's reason when it aborts
   */
  async reachable(signal: AbortSignal): Promise<Address | undefined> {
    for (;;) {
      if (this.#address !== undefined) return this.#address;
      if (isEnding(this.state)) return undefined;
      signal.throwIfAborted();
      await new Promise<void>((resolve) => {
        const done = () => {
          signal.removeEventListener('abort', done);
          this.events.off('state', done);
          this.events.off('address', done);
          resolve();
        };
        signal.addEventListener('abort', done);
        this.events.on('state', done);
        this.events.on('address', done);
      });
    }
  }

  /**
   * Replaces its process by one of another build, under the same id, key and tokens. The old process is gone before the
   * new one starts, as the key demands; connections that come meanwhile wait in {@link reachable}. Outside nothing is
   * seen of it: the status stays what it was.
   * @param why why there is another build: "changed: server.js"
   */
  restart(build: Build, why: string): void {
    if (isEnding(this.state)) return;
    // One that has no build yet gets the newest anyway, and one that was asked to run an image keeps to it.
    if (this.#build === undefined || this.identity.image !== undefined) return;
    const underWay = this.#nextBuild !== undefined;
    this.#nextBuild = build;
    this.#explain(replacedBy(build, why));
    this.events.emit('restarting', build.number, replacedBy(build, why));
    if (!underWay && this.#process !== undefined) void this.#retire(this.#process);
  }

  /**
   * Begins its end: SIGTERM and ten seconds when soft, SIGKILL when hard. A soft termination can be made hard; nothing
   * else changes once the end has begun. One that has just ended on its own keeps that as its end: whoever comes while
   * it is cleared away must not hide a crash.
   * @param explanation says more than the reason, in words
   */
  terminate(reason: TerminationReason, hard: boolean, explanation?: string): void {
    const time = this.#world.clock.now();
    if (this.state.status === 'terminated' || this.state.status === 'hard-terminating') return;
    if (!hard && isEnding(this.state)) return;
    if (this.#process?.ended && this.#nextBuild === undefined && !isEnding(this.state)) {
      if (hard) this.#process.terminate(true);
      return;
    }
    const begun = 'reason' in this.state ? this.state.reason : undefined;
    if (begun === undefined && explanation !== undefined) this.#explain(explanation);
    else if (begun === undefined) this.#explanation = undefined;
    if (hard) this.#enter({ status: 'hard-terminating', time, reason: begun ?? reason });
    else this.#enter({ status: 'terminating', time, reason });
    this.#endProcess();
  }

  #explain(text: string): void {
    this.#explanation = text;
    this.log.remark(text);
  }

  /** Adds a remark about this backend to its log and reports it. */
  remark(text: string): void {
    this.log.remark(text);
    this.events.emit('notice', text);
  }

  /** The build whose process is to take over from one that was ready, until it is ready itself. */
  get replacement(): number | undefined {
    return this.#isReplacing ? (this.#nextBuild ?? this.#build)?.number : undefined;
  }

  /** Why it is not ready, as far as that is known; one or two sentences. */
  get silence(): string | undefined {
    return this.#silence.reason;
  }

  /**
   * Looks from outside why it does not answer: whether it listens on another port, for instance.
   * @returns undefined when it can't be seen; one or two sentences
   */
  explainSilence(): Promise<string | undefined> {
    return this.#silence.look();
  }

  async #live(): Promise<void> {
    let exit: Exit = { code: null, signal: null };
    try {
      this.#enter({ status: 'loading', time: this.#world.clock.now() });
      let build: Build | undefined = await this.#firstBuild();
      while (build !== undefined) {
        this.#ending.signal.throwIfAborted();
        this.#build = build;
        const process = await this.#run(build);
        // What is replaced may be cleared away while the next one starts.
        if (this.#nextBuild === undefined || isEnding(this.state)) exit = await process.exited;
        else this.#replacedGone = Promise.all([this.#replacedGone, process.exited]);
        build = isEnding(this.state) ? undefined : this.#nextBuild;
        this.#nextBuild = undefined;
      }
    } catch (error) {
      if (!this.#ending.signal.aborted) exit = this.#startFailed(error);
    }
    await this.#replacedGone;
    this.#process = undefined;
    if (exit.remark !== undefined) this.remark(exit.remark);
    if (exit.lost) this.#enter({ status: 'hard-terminating', time: this.#world.clock.now(), reason: 'lost' });
    this.#setAddress(undefined);
    for (const kind of [...this.#cancelTimers.keys()]) this.#disarm(kind);
    this.log.end();
    // A replacement in the past does not explain this end.
    if (!isEnding(this.state)) this.#explanation = undefined;
    this.#enter(toTerminated(this.#history, this.#world.clock.now(), exit));
  }

  async #firstBuild(): Promise<Build> {
    const { image, service } = this.identity;
    if (image !== undefined) return image;
    if (service.definition === undefined) throw new Error(`the service "${service.name}" has nothing to run`);
    return this.#world.builds.current(service.definition, this.#ending.signal);
  }

  /** Runs one process from its start, through the states up to `ready`, to its end. */
  async #run(build: Build): Promise<RuntimeBackend> {
    const { clock, runtime } = this.#world;
    const { signal } = this.#ending;
    this.#enter({ status: 'starting', time: clock.now() });
    this.#disarm('soft');
    this.#arm('startup', STARTUP_TIMEOUT_MS, () => this.terminate('startuptimeout', true));
    const process = await runtime.spawn(
      {
        backendId: this.id,
        service: this.identity.service.name,
        key: this.identity.key,
        build,
        env: { ...this.#params.env, ...platformEnvironment(this.identity) },
        limits: this.#params.limits,
        mount: this.#params.mount,
        onOutput: (source, chunk) => this.log.write(source, chunk),
        onRemark: (text) => this.remark(text),
      },
      signal,
    );
    this.#process = process;
    this.usage.attach(process);
    try {
      // What was asked for while it started.
      if (signal.aborted) this.#endProcess();
      else if (this.#nextBuild !== undefined) process.terminate(true);
      else await this.#becomeReady(process);
    } catch (error) {
      // When the end has begun the process knows; in any case it is over only when the process is.
      if (!signal.aborted) process.terminate(true);
      await process.exited;
      this.usage.detach();
      if (!signal.aborted) throw error;
    }
    await process.stopped;
    // A process that ended on its own stays known during its cleanup, so that a termination then does not hide a crash.
    if (this.#nextBuild !== undefined || isEnding(this.state)) this.#process = undefined;
    this.#silence.end();
    this.usage.detach();
    this.#setAddress(undefined);
    return process;
  }

  async #becomeReady(process: RuntimeBackend): Promise<void> {
    const { clock } = this.#world;
    this.#enter({ status: 'waiting', time: clock.now() });
    this.#silence.begin(process);
    const address = await this.#firstAnswer(process);
    if (address === undefined || this.#nextBuild !== undefined) return;
    this.#disarm('startup');
    this.#silence.answered();
    this.#isReplacing = false;
    this.#setAddress(address);
    this.#enter({ status: 'ready', time: clock.now() });
  }

  /** Ends a process that another is to replace: it answers what it got, then has the time of a soft termination. */
  async #retire(process: RuntimeBackend): Promise<void> {
    // From here on nothing new reaches it.
    if (this.#address !== undefined) this.#isReplacing = true;
    this.#setAddress(undefined);
    this.#silence.end();
    if (this.#requestsInFlight > 0) {
      const drained = new Promise<void>((resolve) => {
        this.#drained = resolve;
      });
      await Promise.race([drained, pause(DRAIN_MS)]);
    }
    if (isEnding(this.state)) return;
    void this.usage.read();
    process.terminate(false);
    this.#arm('soft', SOFT_TERMINATION_MS, () => process.terminate(true));
  }

  /** @returns undefined when the process ended before it answered */
  async #firstAnswer(process: RuntimeBackend): Promise<Address | undefined> {
    const exited = new AbortController();
    const signal = AbortSignal.any([this.#ending.signal, exited.signal]);
    const answered = waitUntilReady(process.addresses, signal, (answer) => this.#silence.hear(answer));
    answered.catch(() => undefined);
    const gone = process.exited.then(() => {
      exited.abort();
      return undefined;
    });
    return Promise.race([answered, gone]);
  }

  #startFailed(error: unknown): Exit {
    const known = error instanceof JamdevError ? error : asSystemProblem(error);
    this.remark(known?.sentence ?? `jamdev failed to start it: ${String(error)}`);
    if (known === undefined) {
      this.#enter({ status: 'hard-terminating', time: this.#world.clock.now(), reason: 'internalerror' });
    }
    return { code: (known && EXIT_CODES[known.code]) ?? null, signal: null };
  }

  /** Brings what the state says to the process, if there is one yet; if not, the start sees the aborted signal. */
  #endProcess(): void {
    const hard = this.state.status === 'hard-terminating';
    // The last chance to see its memory. For a child process it costs nothing, as terminating takes the same look.
    if (!hard) void this.usage.read();
    this.#process?.terminate(hard);
    if (!hard && this.#process !== undefined) {
      const { reason } = this.state as Extract<BackendState, { status: 'terminating' }>;
      this.#arm('soft', SOFT_TERMINATION_MS, () => this.terminate(reason, true));
    }
  }

  #armIdle(): void {
    const seconds = this.#params.maxIdleSeconds ?? DEFAULT_MAX_IDLE_SECONDS;
    this.#arm('idle', seconds * 1000, () => this.#sweep(`No client was connected for ${seconds} s.`));
  }

  /** The platform has one reason for both, so the difference is told in words. */
  #sweep(why: string): void {
    if (isEnding(this.state)) return;
    this.terminate('swept', false);
    if (isEnding(this.state)) this.remark(why);
  }

  #arm(kind: Timer, ms: number, callback: () => void): void {
    this.#disarm(kind);
    if (this.#history.some((state) => state.status === 'terminated')) return;
    this.#cancelTimers.set(kind, this.#world.clock.after(ms, callback));
  }

  #disarm(kind: Timer): void {
    this.#cancelTimers.get(kind)?.();
    this.#cancelTimers.delete(kind);
  }

  #setAddress(address: Address | undefined): void {
    if (this.#address === address) return;
    this.#address = address;
    this.events.emit('address', address);
  }

  #enter(state: BackendState): void {
    // The official client sorts statuses by their time, so no two may have the same.
    const earliestMs = (this.#history.at(-1)?.time.getTime() ?? 0) + 1;
    const next = { ...state, time: new Date(Math.max(state.time.getTime(), earliestMs)) };
    const history = advance(this.#history, next);
    if (history === this.#history) return;
    this.#history = history;
    if (rankOf(next.status) >= rankOf('terminating')) {
      this.#silence.end();
      this.#ending.abort();
    }
    this.events.emit('state', next);
  }
}

/** Says in words that a build takes the place of the one that a backend runs. */
export function replacedBy({ number }: Build, why: string): string {
  return `replaced by build ${number} (${why})`;
}

/** What the platform puts into every backend's environment, `PORT` apart. */
function platformEnvironment(identity: BackendIdentity): Record<string, string> {
  return {
    SESSION_BACKEND_ID: identity.id,
    SESSION_BACKEND_KEY: identity.key,
    SESSION_BACKEND_FENCING_TOKEN: String(identity.fencingToken),
    JAMSOCKET_SERVICE: identity.service.name,
    ...(identity.staticToken === undefined ? {} : { SESSION_BACKEND_STATIC_TOKEN: identity.staticToken }),
  };
}
