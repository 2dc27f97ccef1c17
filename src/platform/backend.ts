import { EventEmitter } from 'node:events';
import { backendErrors } from '../contract/errors/backend-errors.js';
import type { TerminationReason } from '../contract/status.js';
import { describeStatus } from '../contract/status-words.js';
import type { BackendLog } from '../logs/backend-log.js';
import type { Clock } from '../os/clock.js';
import { untilEvent } from '../os/until-event.js';
import type { Address, Build, Exit, Runtime, StartKind } from '../runtime/runtime.js';
import type { BackendEvents } from './backend-events.js';
import { type BackendIdentity, describeStart } from './backend-identity.js';
import { advance, type BackendState, isEnding, rankOf, toTerminated } from './backend-state.js';
import { BuildGate } from './build-gate.js';
import { Generation, type GenerationListener } from './generation.js';
import { GenerationChain, replacedBy } from './generation-chain.js';
import type { BuildSource } from './services.js';
import type { SessionParams } from './session-settings.js';
import { explainStartError } from './start-error.js';
import { toPublicStatus } from './status-formats.js';
import { Sweeper } from './sweeper.js';
import { UsageGauge } from './usage-gauge.js';

/** What a backend depends on. */
export interface BackendWorld {
  runtime: Runtime;
  builds: BuildSource;
  clock: Clock;
}

/**
 * The public life of one session backend, from `scheduled` to `terminated`: its state only moves forward. Processes
 * come and go underneath, in a {@link GenerationChain}; what they report moves the state on, and what is asked of the
 * backend goes to them.
 */
export class Backend {
  readonly identity: BackendIdentity;
  readonly log: BackendLog;
  readonly events = new EventEmitter<BackendEvents>().setMaxListeners(0);
  /** Resolves when it is `terminated`: nothing of it runs, and its key is free. */
  readonly gone: Promise<void>;
  readonly spawnedAtMs: number;
  /** Memory and CPU time that it uses. */
  readonly usage: UsageGauge;
  readonly #world: BackendWorld;
  /** How long a process of it has to end after SIGTERM, before SIGKILL. */
  readonly gracePeriodMs: number;
  readonly #sweeper: Sweeper;
  readonly #gate: BuildGate;
  readonly #generations: GenerationChain;
  #history: readonly BackendState[] = [];
  /** Aborted when the end begins: ends the waiting for a build. */
  readonly #ending = new AbortController();
  #explanation: string | undefined;

  /** Starts it at once. */
  constructor(identity: BackendIdentity, params: SessionParams, log: BackendLog, world: BackendWorld) {
    this.identity = identity;
    this.log = log;
    this.gracePeriodMs = params.gracePeriodSeconds * 1000;
    this.#world = world;
    this.spawnedAtMs = world.clock.monotonicMs();
    this.usage = new UsageGauge(world.clock);
    this.#gate = new BuildGate(identity, world.builds, this.#ending.signal, (error) => this.#buildFailed(error));
    this.#generations = new GenerationChain(this.#starter(params), this.#gate);
    this.#enter({ status: 'scheduled', time: world.clock.now() });
    this.#sweeper = new Sweeper(world.clock, params, {
      due: (why) => this.terminate('swept', false, why),
      heldByRequests: (idleSeconds) => this.remark(backendErrors.heldByRequests(idleSeconds).sentence),
    });
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
    return this.#generations.build;
  }

  /** The number of that build; 0 for an image that is not jamdev's. */
  get buildNumber(): number | undefined {
    return this.build?.number;
  }

  /** The build whose process is to take over from one that was ready, until it is ready itself. */
  get replacement(): number | undefined {
    return this.#history.some(({ status }) => status === 'ready') ? this.#generations.coming?.number : undefined;
  }

  /**
   * Why its process was last replaced, or, once it is ending, why it ends: "replaced by build 3 (changed: server.js)". Of
   * one that ended by itself a sentence about the cause: "It ran out of memory: its limit is 64 MiB." Undefined when none
   * of these is known, or when the status says it all.
   */
  get explanation(): string | undefined {
    return this.#explanation;
  }

  /** How its process was started; undefined before it was, and once nothing of it runs. */
  get startKind(): StartKind | undefined {
    return this.#generations.current?.startKind;
  }

  /** Where it listens; undefined while it can't be reached. */
  get address(): Address | undefined {
    return this.#generations.current?.address;
  }

  /** Open connections through the proxy. */
  get connections(): number {
    return this.#sweeper.connections;
  }

  get createdAt(): Date {
    return (this.#history[0] as BackendState).time;
  }

  /** Its name for people: the key if it was given one, otherwise the id. */
  get displayName(): string {
    return this.identity.keyGiven ? this.identity.key : this.id;
  }

  /** Open connections through one of its tokens. */
  connectionsBy(token: string): number {
    return this.#sweeper.connectionsBy(token);
  }

  /**
   * Counts an open connection through a token, which keeps it from being swept.
   * @returns to be called once, when it is closed
   */
  connectionOpened(token: string, isUpgrade: boolean): () => void {
    return this.#sweeper.connectionOpened(token, isUpgrade);
  }

  /** Counts a request that its process has got and will answer. @returns to be called once, when that is over */
  requestSent(): () => void {
    return this.#generations.current?.requestSent() ?? (() => undefined);
  }

  /**
   * Waits until it can be reached: while it starts, and while its process is replaced. One that is ending still can be,
   * if it was ready: clients see their work saved.
   * @returns where it listens; undefined when it will not be reachable anymore
   * @throws the signal's reason when it aborts
   */
  async reachable(signal: AbortSignal): Promise<Address | undefined> {
    for (;;) {
      if (this.address !== undefined) return this.address;
      if (isEnding(this.state)) return undefined;
      signal.throwIfAborted();
      await untilEvent(this.events, ['state', 'address'], signal);
    }
  }

  /**
   * Replaces its process by one of another build, under the same id, key and tokens. The old process has stopped before
   * the new one starts, because of the key; connections that come meanwhile wait in {@link reachable}. Clients do not see
   * it: the status stays the same.
   * @param why why there is another build: "changed: server.js"
   */
  restart(build: Build, why: string): void {
    if (isEnding(this.state)) return;
    // One that has no build yet gets the newest anyway, and one that was asked to run an image keeps to it.
    if (this.build === undefined || (this.identity.image ?? build) !== build) return;
    const explanation = build === this.build ? `restarted (${why})` : replacedBy(build, why);
    this.#explanation = explanation;
    this.log.remark(explanation);
    this.events.emit('restarting', build.number, explanation);
    this.#generations.replace(build);
  }

  /**
   * Begins its end: SIGTERM and the grace period when soft, SIGKILL when hard. A soft termination can be made hard; nothing
   * else changes once the end has begun. One whose process has just ended on its own keeps that as its end: a
   * termination that comes while it is cleared away must not hide a crash.
   * @param explanation says more than the reason, in words
   */
  terminate(reason: TerminationReason, hard: boolean, explanation?: string): void {
    const time = this.#world.clock.now();
    if (this.state.status === 'terminated' || this.state.status === 'hard-terminating') return;
    if (!hard && isEnding(this.state)) return;
    if (!this.#generations.endedItself || isEnding(this.state)) {
      const begun = 'reason' in this.state ? this.state.reason : undefined;
      if (begun === undefined) this.#explanation = explanation;
      if (hard) this.#enter({ status: 'hard-terminating', time, reason: begun ?? reason });
      else this.#enter({ status: 'terminating', time, reason });
    }
    this.#generations.end(hard);
  }

  /** Adds a remark about this backend to its log and reports it. */
  remark(text: string): void {
    this.log.remark(text);
    this.events.emit('notice', text);
  }

  /** Why it is not ready, as far as that is known; one or two sentences. */
  get silence(): string | undefined {
    return this.#generations.current?.silence;
  }

  /**
   * Looks from outside why it does not answer: whether it listens on another port, for instance.
   * @returns undefined when it can't be seen; one or two sentences
   */
  async explainSilence(): Promise<string | undefined> {
    return this.#generations.current?.explainSilence();
  }

  async #live(): Promise<void> {
    let exit: Exit = { code: null, signal: null };
    try {
      this.#enter({ status: 'loading', time: this.#world.clock.now() });
      const build = await this.#gate.first();
      this.#ending.signal.throwIfAborted();
      exit = await this.#generations.run(build);
    } catch (error) {
      if (!this.#ending.signal.aborted) exit = this.#startFailed(error);
    }
    if (exit.remark !== undefined) this.events.emit('notice', exit.remark);
    if (exit.lost) this.#enter({ status: 'hard-terminating', time: this.#world.clock.now(), reason: 'lost' });
    this.#sweeper.close();
    const ended = toTerminated(this.#history, this.#world.clock.now(), exit);
    // A replacement in the past does not explain this end, nor does a termination that came too late.
    const explanation = ended.reason === undefined ? undefined : this.#explanation;
    this.log.end(describeStatus(toPublicStatus(ended), { ...ended, explanation }), exit.remark);
    this.#explanation = ended.reason === undefined ? exit.remark : explanation;
    this.#enter(ended);
    this.#generations.release();
  }

  /** A function of its own, so that nothing else keeps the request's variables in memory. */
  #starter(params: SessionParams): (build: Build) => Generation {
    return (build) => this.#startGeneration(build, params);
  }

  #startGeneration(build: Build, params: SessionParams): Generation {
    this.#enter({ status: 'starting', time: this.#world.clock.now() });
    const request = {
      ...describeStart(this.identity, params, build),
      onOutput: this.log.beginProcess(),
      onRemark: (text: string) => this.remark(text),
    };
    const { runtime, clock } = this.#world;
    const world = { runtime, clock, gracePeriodMs: this.gracePeriodMs, usage: this.usage };
    return new Generation(request, world, this.#listener(build, this.#generations.current === undefined));
  }

  /** Moves this backend on by what happens to one of its processes. */
  #listener({ number }: Build, isFirst: boolean): GenerationListener {
    const { clock } = this.#world;
    return {
      waiting: () => this.#enter({ status: 'waiting', time: clock.now() }),
      addressChanged: (address) => {
        this.events.emit('address', address);
        if (address === undefined) return;
        if (!isFirst) this.events.emit('restarted', number);
        this.#enter({ status: 'ready', time: clock.now() });
      },
      silenceChanged: (reason) => {
        if (reason !== undefined) this.remark(reason);
        this.events.emit('silence', reason);
      },
      startTimedOut: () => this.terminate('startuptimeout', true),
      softTimeOver: () => {
        const { state } = this;
        if (state.status === 'terminating') this.terminate(state.reason, true);
      },
    };
  }

  /** A session keeps its id, key and URLs while its process is replaced, however many builds that takes. */
  #buildFailed({ message }: Error): void {
    this.remark(`The next process starts after a build that succeeds. ${message}`);
  }

  #startFailed(error: unknown): Exit {
    const { sentence, exitCode, isFault } = explainStartError(error);
    if (isFault) this.#enter({ status: 'hard-terminating', time: this.#world.clock.now(), reason: 'internalerror' });
    return { code: exitCode, signal: null, remark: sentence };
  }

  #enter(state: BackendState): void {
    // The official client sorts statuses by their time, so no two may have the same.
    const earliestMs = (this.#history.at(-1)?.time.getTime() ?? 0) + 1;
    const next = { ...state, time: new Date(Math.max(state.time.getTime(), earliestMs)) };
    const history = advance(this.#history, next);
    if (history === this.#history) return;
    this.#history = history;
    if (rankOf(next.status) >= rankOf('terminating')) this.#ending.abort();
    this.events.emit('state', next);
  }
}
