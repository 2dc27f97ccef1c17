import type { ProcessEntry } from './process-table.js';
import { type Runner, runnerOf } from './runners.js';
import { sendSignal } from './signal.js';

type ProcessesByPid = ReadonlyMap<number, ProcessEntry>;

/** How long a process has to forward the signal to its children before they get it anyway. */
const PASS_ON_MS = 1_000;

/**
 * Asks the processes of a tree to exit, each at most once. Many programs take a second SIGTERM as "now" and exit without
 * saving, and no system call tells whether a process has already received one. The first process gets the signal. Every
 * other process gets it when its parent has exited, or has not forwarded it within a second. A parent that is a known
 * forwarding runner is trusted to have done so.
 */
export class SoftSignal {
  readonly #signal: NodeJS.Signals;
  readonly #asked = new Set<string>();
  /** Processes that get the signal from a runner, with that runner. */
  readonly #passedOn = new Map<string, { by: ProcessEntry; runner: Runner }>();
  /** Pids that were signaled when nothing else was known about the tree. */
  readonly #askedByPid = new Set<number>();
  #first: ReadonlySet<string> | undefined;
  #firstAtMs = 0;
  #lastAtMs = Number.NEGATIVE_INFINITY;
  #isWaiting = false;

  constructor(signal: NodeJS.Signals) {
    this.#signal = signal;
  }

  /** When the signal was last sent, on the clock of `performance.now()`; -Infinity: never. */
  get lastAtMs(): number {
    return this.#lastAtMs;
  }

  /** Whether a process of the last {@link send} may get the signal later. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  /** Sends the signal to a child of this program while its tree can't be sampled. */
  sendBlindly(pid: number): void {
    if (this.#askedByPid.has(pid)) return;
    this.#askedByPid.add(pid);
    this.#deliver(pid);
  }

  /**
   * Sends the signal to the processes whose turn it is.
   * @param living all processes of the tree now
   * @param leader pid of the first process, if its exit is detected by other means
   */
  async send(living: readonly ProcessEntry[], leader?: number): Promise<void> {
    const byPid = new Map(living.map((entry) => [entry.pid, entry]));
    if (this.#first === undefined) {
      this.#first = new Set(living.map(identityOf));
      this.#firstAtMs = performance.now();
    }
    this.#isWaiting = false;
    // Parents first: a runner is signaled before deciding about its descendants.
    const depths = new Map(living.map((entry) => [entry, ancestorsOf(entry, byPid).length]));
    for (const entry of living.toSorted((a, b) => (depths.get(a) ?? 0) - (depths.get(b) ?? 0))) {
      if (this.#asked.has(identityOf(entry))) continue;
      if (this.#isDue(entry, byPid)) await this.#ask(entry, living, byPid);
      else this.#isWaiting ||= this.#mayBecomeDue(entry, leader);
    }
  }

  #isDue(entry: ProcessEntry, byPid: ProcessesByPid): boolean {
    if (this.#askedByPid.has(entry.pid)) return true;
    const passed = this.#passedOn.get(identityOf(entry));
    if (passed !== undefined) {
      const by = byPid.get(passed.by.pid);
      const isRunnerAlive = by !== undefined && identityOf(by) === identityOf(passed.by);
      if (isRunnerAlive || !passed.runner.waits) return false;
    }
    if (!byPid.has(entry.ppid)) return true;
    // Processes started after the signal help their parent to save. They are left alone as long as it is alive.
    return this.#first?.has(identityOf(entry)) === true && performance.now() - this.#firstAtMs >= PASS_ON_MS;
  }

  /** Whether a process may get the signal before the leader has exited. */
  #mayBecomeDue(entry: ProcessEntry, leader: number | undefined): boolean {
    const passed = this.#passedOn.get(identityOf(entry));
    if (passed !== undefined) return passed.runner.waits && passed.by.pid !== leader;
    return this.#first?.has(identityOf(entry)) === true;
  }

  async #ask(entry: ProcessEntry, living: readonly ProcessEntry[], byPid: ProcessesByPid): Promise<void> {
    this.#asked.add(identityOf(entry));
    await this.#trust(entry, living, byPid);
    if (!this.#askedByPid.has(entry.pid)) this.#deliver(entry.pid);
  }

  /** Records who gets the signal from a process that is signaled now, if it is a runner; includes runners below it. */
  async #trust(entry: ProcessEntry, living: readonly ProcessEntry[], byPid: ProcessesByPid): Promise<void> {
    const descendants = living.filter((each) => ancestorsOf(each, byPid).includes(entry));
    if (descendants.length === 0) return;
    const runner = await runnerOf(entry.pid);
    if (runner === undefined) return;
    for (const each of descendants) {
      if (runner.passesTo === 'children' && each.ppid !== entry.pid) continue;
      if (this.#passedOn.has(identityOf(each))) continue;
      this.#passedOn.set(identityOf(each), { by: entry, runner });
      if (runner.passesTo === 'children') await this.#trust(each, living, byPid);
    }
  }

  #deliver(pid: number): void {
    this.#lastAtMs = performance.now();
    sendSignal(pid, this.#signal);
  }
}

function identityOf({ pid, startId }: ProcessEntry): string {
  return `${pid} ${startId}`;
}

/** Returns the ancestors of a process within the tree, nearest first. */
function ancestorsOf(entry: ProcessEntry, byPid: ProcessesByPid): ProcessEntry[] {
  const ancestors: ProcessEntry[] = [];
  let parent = byPid.get(entry.ppid);
  while (parent !== undefined && parent !== entry && !ancestors.includes(parent)) {
    ancestors.push(parent);
    parent = byPid.get(parent.ppid);
  }
  return ancestors;
}
