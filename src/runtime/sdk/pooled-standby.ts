import { randomBytes } from 'node:crypto';
import type { OutputSource } from '../../contract/dev-endpoints.js';
import type { Clock } from '../../os/clock.js';
import { handledElsewhere } from '../../os/debug/debug-log.js';
import { findBootDifference } from '../process/boot-variables.js';
import type { Exit, Runtime, RuntimeBackend, SpawnRequest } from '../runtime.js';
import type { Standby, StandbyPlace } from '../standby/standby.js';
import { assignmentOf } from './assignment-of.js';
import { ControlSocket } from './control-socket.js';
import type { ControlSocketFolder } from './control-socket-folder.js';
import { describeEnd } from './describe-end.js';
import { HeldOutput } from './held-output.js';
import type { PoolTrouble } from './pool-trouble.js';
import { PooledBackend } from './pooled-backend.js';

/** How long a backend may take to report warmed before a remark is made. */
const WARM_EXPECTED_MS = 30_000;
/**
 * How long a backend may take before it is given up: the general limit for a start (platform contract, "Lifecycle").
 */
const WARM_TIMEOUT_MS = 300_000;
/** How many of the last lines of output are included in a remark. */
const REMARKED_LINES = 5;
const SLOT_BYTES = 8;

/** The dependencies of the backends in a pool. */
export interface PooledStandbyWorld {
  runtime: Pick<Runtime, 'spawn'>;
  folder: ControlSocketFolder;
  clock: Clock;
  /** Receives each problem with a backend; there may be several. */
  onTrouble(place: StandbyPlace, trouble: PoolTrouble): void;
  /** Records which backend a slot becomes. The record is on disk when this returns. */
  noteAssignment(slot: string, backendId: string): void;
}

/** A full backend that was started ahead of time. Once it has reported warmed, it waits for its assignment. */
export class PooledStandby implements Standby {
  readonly ready: Promise<void>;
  readonly gone: Promise<void>;
  readonly #place: StandbyPlace;
  readonly #world: PooledStandbyWorld;
  readonly #slot = `pool-${randomBytes(SLOT_BYTES).toString('hex')}`;
  readonly #output = new HeldOutput();
  readonly #ending = new AbortController();
  readonly #reportedReady: Promise<void>;
  #reportReady!: () => void;
  #reportWarmed!: () => void;
  #giveUp!: (why: unknown) => void;
  #control: ControlSocket | undefined;
  #backend: RuntimeBackend | undefined;
  #taker: SpawnRequest | undefined;
  /** Whether someone else paused it or sent it a signal while it was waiting. */
  #isDisturbed = false;

  /** Starts the backend at once. */
  constructor(place: StandbyPlace, world: PooledStandbyWorld) {
    this.#place = place;
    this.#world = world;
    this.ready = new Promise((resolve, reject) => {
      this.#reportWarmed = resolve;
      this.#giveUp = reject;
    });
    this.ready.catch(handledElsewhere);
    this.#reportedReady = new Promise((resolve) => {
      this.#reportReady = resolve;
    });
    this.gone = this.#live();
  }

  get isTakeable(): boolean {
    return this.#isWaiting && !this.#isDisturbed && this.#control?.isWarmed === true && this.#backend?.ended === false;
  }

  /** Whether it can become the requested backend, since its start settings can't be changed later. */
  fits({ service, limits, mount, env }: SpawnRequest): boolean {
    const { build } = this.#place;
    if (findBootDifference(build.env, { ...build.env, ...env }) !== undefined) return false;
    const isLimited = Object.values(limits ?? {}).some((limit) => limit !== undefined);
    return service === this.#place.service && !isLimited && (mount ?? false) === false;
  }

  /**
   * Gives it to a session. Call this only while it {@link isTakeable}. @param onServed called when its start is over
   */
  take(request: SpawnRequest, onServed: () => void): PooledBackend {
    if (this.#control === undefined || this.#backend === undefined) throw new Error('it was not started yet');
    this.#world.noteAssignment(this.#slot, request.backendId);
    this.#taker = request;
    if (this.#output.passTo((source, chunk) => request.onOutput(source, chunk))) request.onRemark?.(OUTPUT_CUT);
    const backend = new PooledBackend(this.#backend, this.#control, this.#reportedReady, onServed, this.#world.clock);
    this.#control.assign(assignmentOf(request));
    return backend;
  }

  end(): void {
    this.#ending.abort();
    this.#backend?.terminate(true);
  }

  /** Does nothing, because the runtime kills everything that it runs. */
  killNow(): void {}

  /** Whether it still belongs to the pool. */
  get #isWaiting(): boolean {
    return this.#taker === undefined && !this.#ending.signal.aborted;
  }

  async #live(): Promise<void> {
    const cancelDeadlines = this.#setDeadlines();
    let cause: unknown = new Error('it ended');
    try {
      this.#control = await this.#listen();
      this.#backend = await this.#start(this.#control);
      if (this.#ending.signal.aborted) this.#backend.terminate(true);
      void this.#backend.disturbed?.then(() => this.#disturb());
      const exit = await this.#backend.exited;
      if (this.#isWaiting) this.#fail(this.#describeEnd(exit));
    } catch (error) {
      cause = error;
      const reason = error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
      if (this.#isWaiting) this.#tell(`could not be started (${reason})`);
    } finally {
      cancelDeadlines();
      this.#giveUp(cause);
      this.#control?.close();
    }
  }

  #disturb(): void {
    if (!this.#isWaiting) return;
    this.#isDisturbed = true;
    this.#backend?.terminate(true);
  }

  #listen(): Promise<ControlSocket> {
    const place = this.#world.folder.makePlace(this.#place.build.kind === 'container');
    return ControlSocket.listen(place, {
      warmed: () => this.#reportWarmed(),
      ready: () => this.#reportReady(),
      hungUp: () => {
        // For a backend in a session, the session explains this; for a waiting one, its end does.
        if (this.#isWaiting) this.#backend?.terminate(true);
      },
    });
  }

  #start({ path }: ControlSocket): Promise<RuntimeBackend> {
    const { service, build } = this.#place;
    return this.#world.runtime.spawn(
      {
        backendId: this.#slot,
        service,
        key: '',
        build,
        env: { JAMSOCKET_SERVICE: service },
        controlSocket: path,
        onOutput: (source: OutputSource, chunk: Buffer) => this.#output.add(source, chunk),
        onRemark: (text: string) => this.#taker?.onRemark?.(text),
      },
      this.#ending.signal,
    );
  }

  #setDeadlines(): () => void {
    const { clock } = this.#world;
    const isLate = () => this.#isWaiting && this.#stage !== 'waiting';
    const cancelRemark = clock.after(WARM_EXPECTED_MS, () => {
      if (isLate()) this.#tell(`has not reported warmed within ${WARM_EXPECTED_MS / 1000} s`);
    });
    const cancelEnd = clock.after(WARM_TIMEOUT_MS, () => {
      if (!isLate()) return;
      this.#tell(`has not reported warmed within ${WARM_TIMEOUT_MS / 1000} s and was ended`, true);
      this.end();
    });
    return () => {
      cancelRemark();
      cancelEnd();
    };
  }

  get #stage(): PoolTrouble['stage'] {
    if (this.#control?.progress === 'warmed') return 'waiting';
    return this.#control?.wasConnected ? 'connected' : 'starting';
  }

  /**
   * Describes the end. A process that exits closes its sockets first, so the hang-up is the cause only if it had to be
   * killed.
   */
  #describeEnd(exit: Exit): string {
    if (this.#isDisturbed) return 'was paused or got a signal from outside';
    return this.#control?.hasHungUp && exit.signal === 'SIGKILL' ? 'closed its control socket' : describeEnd(exit);
  }

  #fail(what: string): void {
    this.#tell(`${what} ${this.#stage === 'waiting' ? 'while it waited for a session' : 'before it reported warmed'}`);
    this.#giveUp(new Error(what));
  }

  #tell(what: string, isFinal = false): void {
    const lines = this.#output.lastLines(REMARKED_LINES);
    this.#world.onTrouble(this.#place, { what, stage: this.#stage, lines, isFinal });
  }
}

const OUTPUT_CUT =
  'It printed more before its assignment than jamdev keeps, so the beginning of its output is missing.';
