import { type Engine, QUICK_REQUEST_MS } from '../../docker-engine/engine.js';
import { EngineError, isNotFound } from '../../docker-engine/engine-error.js';
import { pause } from '../../os/clock.js';
import { ignoreError, noteHandled } from '../../os/debug/debug-log.js';
import type { SpawnRequest } from '../runtime.js';
import {
  type ContainerEnd,
  type ContainerInspection,
  type ContainerState,
  type Demand,
  endedOnItsOwn,
  endSaidBy,
} from './container-end.js';
import type { ContainerEvents, DeathEvent } from './container-events.js';
import { ContainerOutput } from './container-output.js';
import { FirstProcess } from './first-process.js';

/** Limits of the pause between attempts to signal a container if the engine does not accept the signal. */
const FIRST_SIGNAL_PAUSE_MS = 15;
const LONGEST_SIGNAL_PAUSE_MS = 500;
/** The engine should have reported the death of a container this long after SIGKILL. */
const KILLED_AFTER_MS = 1_000;

/** One container, from its creation to the end of its output, and the requests to end it. */
export class Container {
  readonly id: string;
  name: string;
  /**
   * Resolves when nothing of the container runs, or its engine was lost. After {@link terminate}, the end is detected
   * before the engine reports it, because the engine cleans up first.
   */
  readonly died: Promise<void>;
  /** Resolves when someone else pauses or signals the container before this process has asked it to end. */
  readonly disturbed: Promise<void>;
  readonly #engine: Engine;
  readonly #output: ContainerOutput;
  readonly #forget: () => void;
  #hasDied: () => void = () => undefined;
  #settle: (event: DeathEvent | undefined) => void = () => undefined;
  /** Resolves with undefined if the engine was lost, or reported the death too late. */
  readonly #death: Promise<DeathEvent | undefined>;
  #deathSeenAtMs = 0;
  #isDead = false;
  #isLost = false;
  #ranOutOfMemory = false;
  #isDisturbed = false;
  /** Aborted when the container is dead; undefined until it is asked to end. */
  #over: AbortController | undefined;
  #firstProcess: FirstProcess | undefined;
  #asked: 'nothing' | 'soft' | 'hard' = 'nothing';
  #firstAsked: Demand | undefined;

  /** @param id of a container that was created but not started */
  constructor(
    id: string,
    name: string,
    request: Pick<SpawnRequest, 'onOutput' | 'onRemark'>,
    engine: Engine,
    events: ContainerEvents,
  ) {
    this.id = id;
    this.name = name;
    this.#engine = engine;
    this.#output = new ContainerOutput(engine, this.#path, request, events.turns);
    this.#death = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.died = new Promise((resolve) => {
      this.#hasDied = resolve;
    });
    let disturb: () => void = () => undefined;
    this.disturbed = new Promise((resolve) => {
      disturb = resolve;
    });
    this.#forget = events.listen(id, {
      died: (event) => this.#die(event),
      disturbed: () => {
        this.#isDisturbed = true;
        if (this.#asked === 'nothing') disturb();
      },
      ranOutOfMemory: () => {
        this.#ranOutOfMemory = true;
      },
      check: () => this.#check(),
    });
  }

  /**
   * Whether the container has died, even if the engine has not reported it yet, which takes about 30 ms and longer on a
   * busy machine.
   */
  get isDead(): boolean {
    return this.#isDead || this.#firstProcess?.hasEnded === true;
  }

  /** Whether the container's processes are visible on this machine, so that {@link isDead} is always up to date. */
  get isSeen(): boolean {
    return this.#firstProcess !== undefined;
  }

  /** Whether any process in the container may accept a connection. If false, certainly none does now. */
  get mayAccept(): boolean {
    return this.#firstProcess?.mayAccept ?? true;
  }

  get asked(): 'nothing' | 'soft' | 'hard' {
    return this.#asked;
  }

  /** The end of the output to stderr. */
  get lastWords(): string {
    return this.#output.lastWords;
  }

  /**
   * Starts the container, with its output attached from the first byte.
   * @returns its inspection after the start
   * @throws EngineError, JamdevError
   */
  async start(): Promise<ContainerInspection> {
    await this.#output.attach();
    await this.#engine.request('POST', `${this.#path}/start`);
    // The end of the output reveals the death even if the event is missed.
    void this.#output.streamOver.then(() => this.#check());
    const inspection = await this.#engine.request<ContainerInspection>('GET', `${this.#path}/json`);
    // Process ids of another kernel belong to other processes here.
    if (this.#engine.sharesKernel) this.#firstProcess = FirstProcess.find(this.id, inspection.State.Pid);
    return inspection;
  }

  /** Asks or forces the container to end. Safe to call again, and after its end. */
  terminate(hard: boolean): void {
    if (this.#isDead || this.#asked === 'hard' || (this.#asked === 'soft' && !hard)) return;
    // There is no process left to signal, and an engine that hangs will not report the death.
    if (this.isDead) return void this.#check();
    this.#asked = hard ? 'hard' : 'soft';
    this.#firstAsked ??= { how: this.#asked, atMs: performance.now(), wallMs: Date.now() };
    if (this.#over === undefined) void this.#watchEnd();
    void this.#signal(this.#asked);
  }

  /** Resolves when the container has died and all its output has been passed on. */
  async end(): Promise<ContainerEnd> {
    const event = await this.#death;
    this.#forget();
    const end = this.#isLost ? undefined : await this.#findEnd(event);
    if (end === undefined) {
      this.abandon();
      return { exitCode: undefined, outOfMemory: false, onItsOwn: false };
    }
    await this.#output.complete().catch(ignoreError('docker', `reading what ${this.name} printed last`));
    return end;
  }

  /** @returns undefined if the engine does not answer */
  async #findEnd(event: DeathEvent | undefined): Promise<ContainerEnd | undefined> {
    const said = endSaidBy(event, this.#firstAsked, {
      ranOutOfMemory: this.#ranOutOfMemory,
      isSeen: this.#firstProcess !== undefined,
    });
    if (said === undefined) return this.#inspectEnd(event);
    // An engine that is stopped also stops its containers.
    const isLost = this.#firstAsked === undefined && !(await this.#engineAnswers());
    return isLost ? undefined : said;
  }

  #engineAnswers(): Promise<boolean> {
    return this.#engine.now().then(() => true, ignoreError('docker', 'asking the engine for its time', false));
  }

  /** @returns undefined if the engine does not answer */
  async #inspectEnd(event: DeathEvent | undefined): Promise<ContainerEnd | undefined> {
    const state = await this.#inspect();
    if (state === 'unreachable') return undefined;
    if (state === undefined) return { exitCode: event?.exitCode, outOfMemory: false, onItsOwn: false };
    const { ExitCode: exitCode, OOMKilled: outOfMemory } = state;
    const { sharesKernel } = this.#engine;
    const onItsOwn = endedOnItsOwn(state, event, this.#firstAsked, { sharesKernel, seenAtMs: this.#deathSeenAtMs });
    return { exitCode, outOfMemory, onItsOwn };
  }

  /** Closes the connections to the container, which keeps running. */
  abandon(): void {
    this.#forget();
    this.#output.abandon();
  }

  get #path(): string {
    return `/containers/${this.id}`;
  }

  #die(event: DeathEvent | undefined): void {
    if (this.#isDead) return;
    this.#isDead = true;
    this.#deathSeenAtMs = performance.now();
    this.#over?.abort();
    this.#hasDied();
    this.#settle(event);
  }

  /** Watches the first process from now on, because something may be waiting for its end. */
  async #watchEnd(): Promise<void> {
    this.#over = new AbortController();
    if (this.#firstProcess === undefined) return;
    await this.#firstProcess.untilEnded(this.#over.signal);
    this.#hasDied();
  }

  /**
   * Checks whether the container died while events were missed. On an unreachable other machine, it counts as alive
   * until that is known.
   */
  async #check(): Promise<void> {
    if (this.#isDead) return;
    const state = await this.#inspect();
    if (state !== 'unreachable') {
      if (!state?.Running) this.#die(undefined);
      else void this.#output.resume().catch(ignoreError('docker', `reading what ${this.name} prints again`));
    } else if (this.#engine.link === undefined) this.#lose();
  }

  #lose(): void {
    this.#isLost = !this.#isDead;
    this.#die(undefined);
  }

  /** @returns undefined if the container does not exist anymore */
  async #inspect(): Promise<ContainerState | 'unreachable' | undefined> {
    try {
      const request = { timeoutMs: QUICK_REQUEST_MS };
      return (await this.#engine.request<ContainerInspection>('GET', `${this.#path}/json`, request)).State;
    } catch (error) {
      return isNotFound(error)
        ? undefined
        : ignoreError('docker', `inspecting ${this.name}`, 'unreachable' as const)(error);
    }
  }

  /**
   * Signals the process directly, because the engine would start a program to do so. A container that someone has
   * paused needs the engine, which resumes it to end it.
   * @returns whether nothing more needs to be done
   */
  async #signalDirectly(signal: 'SIGTERM' | 'SIGKILL'): Promise<boolean> {
    if (this.#isDisturbed || this.#firstProcess?.signal(signal) !== true) return false;
    if (signal === 'SIGTERM') return true;
    // The container may have been paused a moment ago, and an engine that hangs will not report its death.
    await pause(KILLED_AFTER_MS, this.#over?.signal);
    return this.#isDead;
  }

  /** Repeats the signal until it is delivered, a harder one replaces it, or the container is dead. */
  async #signal(how: 'soft' | 'hard'): Promise<void> {
    const signal = how === 'hard' ? 'SIGKILL' : 'SIGTERM';
    if (await this.#signalDirectly(signal)) return;
    const request = { query: { signal }, timeoutMs: QUICK_REQUEST_MS };
    for (let wait = FIRST_SIGNAL_PAUSE_MS; !this.#isDead && this.#asked === how; wait *= 1.5) {
      try {
        await this.#engine.request('POST', `${this.#path}/kill`, request);
        return;
      } catch (error) {
        // 404 and 409: the container does not exist or is not running anymore.
        if (error instanceof EngineError && error.status < 500) return this.#check();
        // An engine that neither accepts a kill nor answers other requests will report nothing more. If it answers, it
        // is just busy: it answers a kill only when the container has ended.
        if (how === 'hard' && !(error instanceof EngineError) && !(await this.#engineAnswers())) return this.#lose();
        noteHandled('docker', `signaling ${this.name}`, error);
      }
      await pause(Math.min(wait, LONGEST_SIGNAL_PAUSE_MS));
    }
  }
}
