import { pause } from '../os/clock.js';
import type { ProcessEntry } from './process-table.js';
import type { TreeSample } from './process-tree.js';
import { sendSignal } from './signal.js';
import { SoftSignal } from './soft-signal.js';

/** How long SIGKILL may take before a process is reported as stuck. */
const STUCK_MS = 5_000;
const SHORTEST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 5_000;
/** The pause grows with the wait: the exit of a quick tree is noticed at once, and a slow one costs little. */
const PAUSE_PER_WAITED = 0.05;

/** Processes that can be terminated together. */
export interface TerminableTree {
  /** The pid of the first process while it is an unreaped child of this program, and thus safe to signal. */
  readonly leader: number | undefined;
  /** Resolves when that child has exited; undefined if it is not a child of this program. */
  readonly leaderExit: Promise<unknown> | undefined;
  /** Lists the living processes. Never rejects. */
  sample(): Promise<TreeSample>;
  /** Sends SIGKILL to the processes that can be reached without the process table. */
  killGroup(): void;
}

/** Why a tree does not exit. */
export interface Stuck {
  /** Processes that are alive despite SIGKILL. */
  living: readonly ProcessEntry[];
  /** Pids of processes that this user is not allowed to signal. */
  refused: ReadonlySet<number>;
  /** Why the process table can't be read, if that is the reason. */
  cause?: unknown;
}

export interface TerminationOptions {
  /** The soft signal. Default: SIGTERM. */
  signal?: NodeJS.Signals;
  /**
   * Called once when processes have survived SIGKILL for `stuckMs`, or when it has been unknown for that long whether any is
   * alive.
   */
  onStuck?(stuck: Stuck): void;
  /** Whether to stop waiting then. Default: it waits as long as they are alive. */
  givesUp?: boolean;
  /** Default: 5,000. */
  stuckMs?: number;
}

/** Terminates a tree of processes: sends a soft signal, then SIGKILL, and waits until no process is alive. */
export class Termination {
  /**
   * Resolves when no process is alive, or with the remaining ones when it gives up. Starts only with one of the two calls.
   */
  readonly over: Promise<Stuck | undefined>;
  readonly #tree: TerminableTree;
  readonly #options: TerminationOptions;
  readonly #soft: SoftSignal;
  #start: () => void = () => undefined;
  #begunAtMs: number | undefined;
  #graceMs: number | undefined;
  #forcedAtMs: number | undefined;
  readonly #refused = new Set<number>();
  #isStuckTold = false;
  #isPoked = false;
  #wake: () => void = () => undefined;

  constructor(tree: TerminableTree, options: TerminationOptions = {}) {
    this.#tree = tree;
    this.#options = options;
    this.#soft = new SoftSignal(options.signal ?? 'SIGTERM');
    const begun = new Promise<void>((resolve) => {
      this.#start = resolve;
    });
    this.over = begun.then(() => this.#run());
    void tree.leaderExit?.then(() => this.#poke());
  }

  get hasBegun(): boolean {
    return this.#begunAtMs !== undefined;
  }

  /**
   * Asks all processes to exit, each once, even if called repeatedly.
   * @param graceMs time from the last signal until SIGKILL; undefined: until {@link force}
   */
  ask(graceMs?: number): void {
    this.#graceMs ??= graceMs;
    this.#begin();
    this.#poke();
  }

  /** Sends SIGKILL to all processes, from now on. */
  force(): void {
    this.#forcedAtMs ??= performance.now();
    this.#begin();
    this.#poke();
  }

  #begin(): void {
    this.#begunAtMs ??= performance.now();
    this.#start();
  }

  async #run(): Promise<Stuck | undefined> {
    for (;;) {
      this.#isPoked = false;
      const sample = await this.#tree.sample();
      if (sample.known && sample.living.length === 0) return undefined;
      const since = this.#forcedSince();
      if (since !== undefined) this.#kill(sample, since);
      else if (sample.known) await this.#soft.send(sample.living, this.#tree.leader);
      else if (this.#tree.leader !== undefined) this.#soft.sendBlindly(this.#tree.leader);
      const stuck = this.#stuckFor(sample);
      if (stuck !== undefined && !this.#isStuckTold) {
        this.#isStuckTold = true;
        this.#options.onStuck?.(stuck);
      }
      if (stuck !== undefined && this.#options.givesUp) return stuck;
      await this.#pauseAfter(sample);
    }
  }

  /** @returns since when SIGKILL has been sent; undefined if it has not been sent yet */
  #forcedSince(): number | undefined {
    if (this.#forcedAtMs === undefined && this.#graceMs !== undefined) {
      const endsAtMs = Math.max(this.#begunAtMs ?? 0, this.#soft.lastAtMs) + this.#graceMs;
      if (performance.now() >= endsAtMs) this.#forcedAtMs = performance.now();
    }
    return this.#forcedAtMs;
  }

  #kill(sample: TreeSample, sinceMs: number): void {
    if (sample.known) {
      for (const { pid } of sample.living) if (sendSignal(pid, 'SIGKILL') === 'refused') this.#refused.add(pid);
      // Only for a while: later, the number may belong to another group, which only the process table can show.
    } else if (this.#tree.leader !== undefined || performance.now() - sinceMs < STUCK_MS) {
      this.#tree.killGroup();
    }
  }

  #stuckFor(sample: TreeSample): Stuck | undefined {
    const { stuckMs = STUCK_MS } = this.#options;
    if (this.#forcedAtMs === undefined || performance.now() - this.#forcedAtMs < stuckMs) return undefined;
    const refused = this.#refused;
    return sample.known ? { living: sample.living, refused } : { living: [], refused, cause: sample.cause };
  }

  async #pauseAfter(sample: TreeSample): Promise<void> {
    if (this.#isPoked) return;
    const over = new AbortController();
    this.#wake = () => over.abort();
    const waitedMs = performance.now() - (this.#forcedAtMs ?? this.#begunAtMs ?? 0);
    const growing = Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, waitedMs * PAUSE_PER_WAITED));
    // Before the first process exits, only a call to force() can change anything.
    const isIdle = sample.known && this.#tree.leader !== undefined && !this.#soft.isWaiting;
    if (this.#forcedAtMs === undefined && isIdle) await pause(this.#graceMs ?? NEVER_MS, over.signal);
    else await pause(growing, over.signal);
  }

  #poke(): void {
    this.#isPoked = true;
    this.#wake();
  }
}

/** The longest delay of a timer. */
const NEVER_MS = 2 ** 31 - 1;
