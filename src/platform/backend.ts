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

/** The dependencies of a backend. */
export interface BackendWorld {
  runtime: Runtime;
  builds: BuildSource;
  clock: Clock;
}

/**
 * One session backend, from `scheduled` to `terminated`; its state only moves forward. Its processes are started and
 * replaced by a {@link GenerationChain}. Their events advance the state, and requests to the backend are passed to
 * them.
 */
export class Backend {
  readonly identity: BackendIdentity;
  readonly log: BackendLog;
  readonly events = new EventEmitter<BackendEvents>().setMaxListeners(0);
  /** Resolves when the backend is `terminated`: nothing of it runs, and its key is free. */
  readonly gone: Promise<void>;
  readonly spawnedAtMs: number;
  /** The backend's memory and CPU usage. */
  readonly usage: UsageGauge;
  readonly #world: BackendWorld;
  /** How long a process of the backend may take to end after SIGTERM before it gets SIGKILL. */
  readonly gracePeriodMs: number;
  readonly #sweeper: Sweeper;
  readonly #gate: BuildGate;
  readonly #generations: GenerationChain;
  #history: readonly BackendState[] = [];
  /** Aborted when the end begins, so that the backend stops waiting for a build. */
  readonly #ending = new AbortController();
  #explanation: string | undefined;

  /** Creates the backend and starts it at once. */
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
    // Starts in the next microtask, so that the caller can first subscribe to events.
    this.gone = Promise.resolve().then(() => this.#live());
  }

  get id(): string {
    return this.identity.id;
  }

  /** All states so far, oldest first. */
  get history(): readonly BackendState[] {
    return this.#history;
  }

  get state(): BackendState {
    return this.#history[this.#history.length - 1] as BackendState;
  }

  /** The build that the backend runs; undefined until a process is started. */
  get build(): Build | undefined {
    return this.#generations.build;
  }

  /** The number of the backend's build, or 0 for an image that jamdev did not build. */
  get buildNumber(): number | undefined {
    return this.build?.number;
  }

  /** The number of the build whose process will replace a ready one, until the new process is ready itself. */
  get replacement(): number | undefined {
    return this.#history.some(({ status }) => status === 'ready') ? this.#generations.coming?.number : undefined;
  }

  /**
   * Why the backend's process was last replaced, or why the backend is ending: "replaced by build 3 (changed:
   * server.js)". After an exit on its own, a sentence about the cause: "It ran out of memory: its limit is 64 MiB."
   * Undefined if nothing is known, or if the status already says it all.
   */
  get explanation(): string | undefined {
    return this.#explanation;
  }

  /** How the backend's process was started; undefined before the first start and after the end. */
  get startKind(): StartKind | undefined {
    return this.#generations.current?.startKind;
  }

  /** The address at which the backend listens; undefined while it can't be reached. */
  get address(): Address | undefined {
    return this.#generations.current?.address;
  }

  /** The number of open connections through the proxy. */
  get connections(): number {
    return this.#sweeper.connections;
  }

  get createdAt(): Date {
    return (this.#history[0] as BackendState).time;
  }

  /** The backend's name in output: its key if the request gave one, otherwise its id. */
  get displayName(): string {
    return this.identity.keyGiven ? this.identity.key : this.id;
  }

  /** Counts the open connections through one of the backend's tokens. */
  connectionsBy(token: string): number {
    return this.#sweeper.connectionsBy(token);
  }

  /**
   * Counts an open connection through a token, which keeps the backend from being swept.
   * @returns a function to call once when the connection is closed
   */
  connectionOpened(token: string, isUpgrade: boolean): () => void {
    return this.#sweeper.connectionOpened(token, isUpgrade);
  }

  /**
   * Counts a request that was sent to the backend's process. @returns a function to call once when the request is over
   */
  requestSent(): () => void {
    return this.#generations.current?.requestSent() ?? (() => undefined);
  }

  /**
   * Waits until the backend can be reached: while it starts, and while its process is being replaced. A ready backend
   * stays reachable while it is ending, so that clients see their work saved.
   * @returns the backend's address, or undefined if it will not be reachable anymore
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
   * Replaces the backend's process by one of another build, with the same id, key and tokens. The old process stops
   * before the new one starts, since only one process may run under a key. Connections that arrive in between wait in
   * {@link reachable}. Clients do not notice: the status stays the same.
   * @param why why there is another build: "changed: server.js"
   */
  restart(build: Build, why: string): void {
    if (isEnding(this.state)) return;
    // A backend without a build gets the newest one anyway, and a backend with a selected image keeps it.
    if (this.build === undefined || (this.identity.image ?? build) !== build) return;
    const explanation = build === this.build ? `restarted (${why})` : replacedBy(build, why);
    this.#explanation = explanation;
    this.log.remark(explanation);
    this.events.emit('restarting', build.number, explanation);
    this.#generations.replace(build);
  }

  /**
   * Begins the backend's end: SIGTERM and the grace period if soft, SIGKILL if hard. A soft termination can be made
   * hard; nothing else changes once the end has begun. If the process has just exited on its own, that remains the
   * recorded end: a termination that arrives during cleanup must not hide a crash.
   * @param explanation the cause in words, in addition to the reason
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

  /** Why the backend is not ready, if that is known, in one or two sentences. */
  get silence(): string | undefined {
    return this.#generations.current?.silence;
  }

  /**
   * Examines from outside why the backend does not answer, for example because it listens on another port.
   * @returns one or two sentences, or undefined if no reason is found
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
    // An earlier replacement does not explain this end, and neither does a termination that came after the exit.
    const explanation = ended.reason === undefined ? undefined : this.#explanation;
    this.log.end(describeStatus(toPublicStatus(ended), { ...ended, explanation }), exit.remark);
    this.#explanation = ended.reason === undefined ? exit.remark : explanation;
    this.#enter(ended);
    this.#generations.release();
  }

  /**
   * Returns a function that starts processes. Separate, so that its closure keeps no other parts of the request in
   * memory.
   */
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

  /** Makes a listener that advances this backend's state by the events of one of its processes. */
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

  /**
   * Remarks on a failed build. A session keeps its id, key and URLs while its process is being replaced, even if
   * several builds fail first.
   */
  #buildFailed({ message }: Error): void {
    this.remark(`The next process starts after a build that succeeds. ${message}`);
  }

  #startFailed(error: unknown): Exit {
    const { sentence, exitCode, isFault } = explainStartError(error);
    if (isFault) this.#enter({ status: 'hard-terminating', time: this.#world.clock.now(), reason: 'internalerror' });
    return { code: exitCode, signal: null, remark: sentence };
  }

  #enter(state: BackendState): void {
    // The official client sorts statuses by time, so no two may have the same time.
    const earliestMs = (this.#history.at(-1)?.time.getTime() ?? 0) + 1;
    const next = { ...state, time: new Date(Math.max(state.time.getTime(), earliestMs)) };
    const history = advance(this.#history, next);
    if (history === this.#history) return;
    this.#history = history;
    if (rankOf(next.status) >= rankOf('terminating')) this.#ending.abort();
    this.events.emit('state', next);
  }
}
