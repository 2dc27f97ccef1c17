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

/** Pauses between attempts to signal a container of an engine that does not take the signal. */
const FIRST_SIGNAL_PAUSE_MS = 15;
const LONGEST_SIGNAL_PAUSE_MS = 500;
/** Within this time after SIGKILL the engine should have reported the death of a container. */
const KILLED_AFTER_MS = 1_000;

/** One container, from its creation to the end of its output, and what was asked of it. */
export class Container {
  readonly id: string;
  name: string;
  /**
   * Resolves when nothing of it runs, or its engine was lost. After {@link terminate} that is seen before the engine reports
   * it, which it does when it has cleaned up a part.
   */
  readonly died: Promise<void>;
  /** Resolves when someone else pauses it or sends it a signal, before this program has asked it to end. */
  readonly disturbed: Promise<void>;
  readonly #engine: Engine;
  readonly #output: ContainerOutput;
  readonly #forget: () => void;
  #hasDied: () => void = () => undefined;
  #settle: (event: DeathEvent | undefined) => void = () => undefined;
  /** undefined: the engine was lost, or reported its death too late. */
  readonly #death: Promise<DeathEvent | undefined>;
  #deathSeenAtMs = 0;
  #isDead = false;
  #isLost = false;
  #ranOutOfMemory = false;
  #isDisturbed = false;
  /** Aborted when it is dead; there once it was asked to end. */
  #over: AbortController | undefined;
  #firstProcess: FirstProcess | undefined;
  #asked: 'nothing' | 'soft' | 'hard' = 'nothing';
  #firstAsked: Demand | undefined;

  /** @param id of a container that was created, and not started */
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

  /** Whether it has died, even if the engine has not reported it yet: that takes some 30 ms, and longer on a busy machine. */
  get isDead(): boolean {
    return this.#isDead || this.#firstProcess?.hasEnded === true;
  }

  /** Whether its processes are seen among those of this machine, so that {@link isDead} is never late. */
  get isSeen(): boolean {
    return this.#firstProcess !== undefined;
  }

  /** Whether anything in it may accept a connection; false: certainly nothing does now. */
  get mayAccept(): boolean {
    return this.#firstProcess?.mayAccept ?? true;
  }

  get asked(): 'nothing' | 'soft' | 'hard' {
    return this.#asked;
  }

  /** The end of what it printed to stderr. */
  get lastWords(): string {
    return this.#output.lastWords;
  }

  /**
   * Starts it, with its output attached from the first byte.
   * @returns its inspection after the start
   * @throws EngineError, JamdevError
   */
  async start(): Promise<ContainerInspection> {
    await this.#output.attach();
    await this.#engine.request('POST', `${this.#path}/start`);
    // The end of its output shows that it died, even if the event is missed.
    void this.#output.streamOver.then(() => this.#check());
    const inspection = await this.#engine.request<ContainerInspection>('GET', `${this.#path}/json`);
    // The process ids of another kernel are those of other processes here.
    if (this.#engine.sharesKernel) this.#firstProcess = FirstProcess.find(this.id, inspection.State.Pid);
    return inspection;
  }

  /** Asks or forces it to end; safe to call again, and after its end. */
  terminate(hard: boolean): void {
    if (this.#isDead || this.#asked === 'hard' || (this.#asked === 'soft' && !hard)) return;
    // There is nothing to signal anymore; and an engine that hangs will not report it.
    if (this.isDead) return void this.#check();
    this.#asked = hard ? 'hard' : 'soft';
    this.#firstAsked ??= { how: this.#asked, atMs: performance.now(), wallMs: Date.now() };
    if (this.#over === undefined) void this.#watchEnd();
    void this.#signal(this.#asked);
  }

  /** Resolves when it has died and all its output was handed over. */
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

  /** @returns undefined when the engine does not answer */
  async #findEnd(event: DeathEvent | undefined): Promise<ContainerEnd | undefined> {
    const said = endSaidBy(event, this.#firstAsked, {
      ranOutOfMemory: this.#ranOutOfMemory,
      isSeen: this.#firstProcess !== undefined,
    });
    if (said === undefined) return this.#inspectEnd(event);
    // An engine that is stopped takes its containers with it.
    const isLost = this.#firstAsked === undefined && !(await this.#engineAnswers());
    return isLost ? undefined : said;
  }

  #engineAnswers(): Promise<boolean> {
    return this.#engine.now().then(() => true, ignoreError('docker', 'asking the engine for its time', false));
  }

  /** @returns undefined when the engine does not answer */
  async #inspectEnd(event: DeathEvent | undefined): Promise<ContainerEnd | undefined> {
    const state = await this.#inspect();
    if (state === 'unreachable') return undefined;
    if (state === undefined) return { exitCode: event?.exitCode, outOfMemory: false, onItsOwn: false };
    const { ExitCode: exitCode, OOMKilled: outOfMemory } = state;
    const { sharesKernel } = this.#engine;
    const onItsOwn = endedOnItsOwn(state, event, this.#firstAsked, { sharesKernel, seenAtMs: this.#deathSeenAtMs });
    return { exitCode, outOfMemory, onItsOwn };
  }

  /** Ends the connection to it, which does nothing to the container. */
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

  /** Looks at its first process from now on: something may be waiting for its end. */
  async #watchEnd(): Promise<void> {
    this.#over = new AbortController();
    if (this.#firstProcess === undefined) return;
    await this.#firstProcess.untilEnded(this.#over.signal);
    this.#hasDied();
  }

  /** Finds out whether it died while events were missed. One of an engine on another machine lives until that is known. */
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

  /** @returns undefined when it is gone */
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
   * Sends a signal without the engine, which would start a program to do so. What someone has paused needs the engine: it
   * resumes what it ends.
   * @returns whether there is nothing more to do
   */
  async #signalDirectly(signal: 'SIGTERM' | 'SIGKILL'): Promise<boolean> {
    if (this.#isDisturbed || this.#firstProcess?.signal(signal) !== true) return false;
    if (signal === 'SIGTERM') return true;
    // It may have been paused a moment ago; and an engine that hangs will not report its death.
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
        // 404 and 409: it is gone, or does not run anymore.
        if (error instanceof EngineError && error.status < 500) return this.#check();
        // An engine that accepts no kill, and answers no question, will report nothing more. One that answers is busy: it
        // answers a kill when the container has ended.
        if (how === 'hard' && !(error instanceof EngineError) && !(await this.#engineAnswers())) return this.#lose();
        noteHandled('docker', `signaling ${this.name}`, error);
      }
      await pause(Math.min(wait, LONGEST_SIGNAL_PAUSE_MS));
    }
  }
}
