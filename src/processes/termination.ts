import { pause } from '../os/clock.js';
import type { ProcessEntry } from './process-table.js';
import type { TreeSample } from './process-tree.js';
import { sendSignal } from './signal.js';
import { SoftSignal } from './soft-signal.js';

/** How long SIGKILL may take to have its effect before it is said that it has none. */
const STUCK_MS = 5_000;
const SHORTEST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 5_000;
/** The pause grows with the wait: the end of a quick tree is seen at once, and a slow one costs little. */
const PAUSE_PER_WAITED = 0.05;

/** Processes that can be ended together. */
export interface TerminableTree {
  /** The pid of the first process while it is a child of this program that was not waited for: safe to signal. */
  readonly leader: number | undefined;
  /** Resolves when that child has ended; undefined when it is no child of this program. */
  readonly leaderExit: Promise<unknown> | undefined;
  /** Looks what lives. Never rejects. */
  sample(): Promise<TreeSample>;
  /** Sends SIGKILL to what can be reached without the process table. */
  killGroup(): void;
}

/** Why a tree does not end. */
export interface Stuck {
  /** What lives in spite of SIGKILL. */
  living: readonly ProcessEntry[];
  /** Pids of the processes that this user may not signal. */
  refused: ReadonlySet<number>;
  /** Why the process table can't be read, when that is it. */
  cause?: unknown;
}

export interface TerminationOptions {
  /** The soft signal. Default: SIGTERM. */
  signal?: NodeJS.Signals;
  /** Called once when processes outlive SIGKILL for 5 s, or when for so long it can't be known whether any lives. */
  onStuck?(stuck: Stuck): void;
  /** Ends the wait then. Default: it continues as long as they live. */
  givesUp?: boolean;
  /** Default: 5,000. */
  stuckMs?: number;
}

/** Ends a tree of processes: asks softly, forces, and waits until nothing of it lives. */
export class Termination {
  /** Resolves when no process lives, or with the remaining ones when it gives up. Only after one of the two calls. */
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
   * Asks all processes to end, each once, however often it is called.
   * @param graceMs how long they have after the last of them was asked, before SIGKILL; undefined: until {@link force}
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

  /** @returns since when SIGKILL is sent; undefined: it is not yet */
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
      // For a while only: later the number may be another group's, and only the process table shows that.
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
    // Before its first process ends, the only thing that can happen is a call of force().
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
