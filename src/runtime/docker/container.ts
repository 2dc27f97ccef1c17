import { type Engine, QUICK_REQUEST_MS } from '../../docker-engine/engine.js';
import { EngineError, isNotFound } from '../../docker-engine/engine-error.js';
import { pause } from '../../os/clock.js';
import { ignoreError, noteHandled } from '../../os/debug/debug-log.js';
import { hasEnded } from '../../processes/process-table.js';
import type { SpawnRequest } from '../runtime.js';
import type { ContainerEvents, DeathEvent } from './container-events.js';
import { ContainerOutput } from './container-output.js';
import { findFirstProcess } from './first-process.js';
import { hasTcpSockets } from './tcp-sockets.js';

/** Pauses between attempts to signal a container of an engine that does not take the signal. */
const FIRST_SIGNAL_PAUSE_MS = 15;
const LONGEST_SIGNAL_PAUSE_MS = 500;
const SIGKILL_CODE = 137;

/** The state of a container, as the engine reports it. */
interface ContainerState {
  Running: boolean;
  ExitCode: number;
  OOMKilled: boolean;
  FinishedAt: string;
}

/** How a container ended. */
export interface ContainerEnd {
  /** undefined: the engine was lost, and what became of the container is not known. */
  exitCode: number | undefined;
  outOfMemory: boolean;
  /** It had ended by itself before anyone asked it to. */
  onItsOwn: boolean;
}

/** One container, from its creation to the end of its output, and what was asked of it. */
export class Container {
  readonly id: string;
  name: string;
  /** Resolves when it has died, or its engine was lost. */
  readonly died: Promise<void>;
  /** Resolves when someone else pauses it or sends it a signal, before this program has asked it to end. */
  readonly disturbed: Promise<void>;
  readonly #engine: Engine;
  readonly #output: ContainerOutput;
  readonly #forget: () => void;
  #settle: (event: DeathEvent | undefined) => void = () => undefined;
  /** undefined: the engine was lost, or reported its death too late. */
  readonly #death: Promise<DeathEvent | undefined>;
  #deathSeenAtMs = 0;
  #isDead = false;
  #isLost = false;
  #ranOutOfMemory = false;
  /** The pid of its first process, where that can be seen from here. */
  #firstProcess: number | undefined;
  #asked: 'nothing' | 'soft' | 'hard' = 'nothing';
  #firstAsked: { how: 'soft' | 'hard'; atMs: number; wallMs: number } | undefined;

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
    this.#output = new ContainerOutput(engine, this.#path, request);
    this.#death = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.died = this.#death.then(() => undefined);
    let disturb: () => void = () => undefined;
    this.disturbed = new Promise((resolve) => {
      disturb = resolve;
    });
    this.#forget = events.listen(id, {
      died: (event) => this.#die(event),
      disturbed: () => {
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
    return this.#isDead || (this.#firstProcess !== undefined && hasEnded(this.#firstProcess));
  }

  /** Whether anything in it may accept a connection; false: certainly nothing does now. */
  get mayAccept(): boolean {
    return this.#firstProcess === undefined || hasTcpSockets(this.#firstProcess);
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
    if (this.#engine.sharesKernel) this.#firstProcess = await findFirstProcess(this.id, inspection.State.Pid);
    return inspection;
  }

  /** Asks or forces it to end; safe to call again, and after its end. */
  terminate(hard: boolean): void {
    if (this.#isDead || this.#asked === 'hard' || (this.#asked === 'soft' && !hard)) return;
    // There is nothing to signal anymore; and an engine that hangs will not report it.
    if (this.isDead) return void this.#check();
    this.#asked = hard ? 'hard' : 'soft';
    this.#firstAsked ??= { how: this.#asked, atMs: performance.now(), wallMs: Date.now() };
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
    const said = this.#endSaidBy(event);
    if (said === undefined) return this.#inspectEnd(event);
    // An engine that is stopped takes its containers with it.
    const isLost = this.#firstAsked === undefined && !(await this.#engineAnswers());
    return isLost ? undefined : said;
  }

  /**
   * What the event alone says of the end. The engine does not answer a question about the container until it has cleaned
   * up behind it, a tenth of a second later.
   * @returns undefined: only the engine can tell
   */
  #endSaidBy(event: DeathEvent | undefined): ContainerEnd | undefined {
    if (event === undefined || Number.isNaN(event.exitCode)) return undefined;
    const { exitCode } = event;
    const asked = this.#firstAsked;
    const wasKilled = exitCode === SIGKILL_CODE;
    // Nobody here killed it, so the engine may know who did.
    if (asked === undefined && wasKilled && !this.#ranOutOfMemory) return undefined;
    // Whether it had ended before it was asked is seen at its process.
    if (asked?.how === 'soft' && this.#firstProcess === undefined) return undefined;
    const onItsOwn = asked === undefined || (asked.how === 'hard' && !wasKilled);
    return { exitCode, outOfMemory: this.#ranOutOfMemory, onItsOwn };
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
    return { exitCode, outOfMemory, onItsOwn: this.#endedOnItsOwn(state, event) };
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
    this.#settle(event);
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
   * Where its process can't be seen, the engine's times tell whether it ended before the termination. The engine takes the
   * time of an end up to a few milliseconds late, so a crash in the very last ones counts as caused by the termination.
   * The clock of another machine (such as Docker Desktop's) differs from the one here, but both measure how long ago it was.
   */
  #endedOnItsOwn({ ExitCode, FinishedAt }: ContainerState, event: DeathEvent | undefined): boolean {
    const asked = this.#firstAsked;
    // A code other than that of SIGKILL does not come from SIGKILL.
    if (asked === undefined || (asked.how === 'hard' && ExitCode !== SIGKILL_CODE)) return true;
    const finishedMs = preciseTime(FinishedAt);
    if (this.#engine.sharesKernel) return finishedMs < asked.wallMs;
    return event !== undefined && event.engineMs - finishedMs > this.#deathSeenAtMs - asked.atMs;
  }

  /** Repeats the signal until it is delivered, a harder one replaces it, or the container is dead. */
  async #signal(how: 'soft' | 'hard'): Promise<void> {
    const request = { query: { signal: how === 'hard' ? 'SIGKILL' : 'SIGTERM' }, timeoutMs: QUICK_REQUEST_MS };
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

/** The part of a container's inspection that is needed. */
export interface ContainerInspection {
  State: ContainerState & { Pid: number };
  NetworkSettings: { Ports?: Record<string, { HostPort: string }[] | null> };
}

/** Milliseconds since 1970, with their fraction: the engine reports nanoseconds. */
function preciseTime(time: string): number {
  const fraction = /\.(\d+)/.exec(time)?.[1] ?? '0';
  const seconds = Date.parse(time.replace(/\.\d+/, ''));
  return seconds + Number(`0.${fraction}`) * 1_000;
}
