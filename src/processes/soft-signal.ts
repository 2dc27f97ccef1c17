import type { ProcessEntry } from './process-table.js';
import { type Runner, runnerOf } from './runners.js';
import { sendSignal } from './signal.js';

type ProcessesByPid = ReadonlyMap<number, ProcessEntry>;

/** How long a process has to pass the signal on to its children before they get it anyway. */
const PASS_ON_MS = 1_000;

/**
 * Asks the processes of a tree to end, each at most once: many programs take a second SIGTERM for "now" and end without
 * saving, and no system call tells whether a process got one already. The first process gets the signal. Every other one
 * gets it when its parent has died or has not passed it on for a second; a parent that is a runner known to pass it on
 * is trusted to have done so.
 */
export class SoftSignal {
  readonly #signal: NodeJS.Signals;
  readonly #asked = new Set<string>();
  /** Processes that get it from a runner: the runner. */
  readonly #passedOn = new Map<string, { by: ProcessEntry; runner: Runner }>();
  /** Pids that were asked when nothing else was known of them. */
  readonly #askedByPid = new Set<number>();
  #first: ReadonlySet<string> | undefined;
  #firstAtMs = 0;
  #lastAtMs = Number.NEGATIVE_INFINITY;
  #isWaiting = false;

  constructor(signal: NodeJS.Signals) {
    this.#signal = signal;
  }

  /** When it was last sent to a process, on the clock of `performance.now()`; -Infinity: never. */
  get lastAtMs(): number {
    return this.#lastAtMs;
  }

  /** Whether a process of the last {@link send} is to get it later. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  /** Sends it to a child of this program while its tree can't be seen. */
  sendBlindly(pid: number): void {
    if (this.#askedByPid.has(pid)) return;
    this.#askedByPid.add(pid);
    this.#deliver(pid);
  }

  /**
   * Sends it to the processes that are next in order.
   * @param living all processes of the tree now
   * @param leader pid of the first process, if its end is known by other means
   */
  async send(living: readonly ProcessEntry[], leader?: number): Promise<void> {
    const byPid = new Map(living.map((entry) => [entry.pid, entry]));
    if (this.#first === undefined) {
      this.#first = new Set(living.map(identityOf));
      this.#firstAtMs = performance.now();
    }
    this.#isWaiting = false;
    // A runner is asked before it is judged whether those below it are to be asked.
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
    // What is started after the signal helps its parent to save: it is left alone as long as that lives.
    return this.#first?.has(identityOf(entry)) === true && performance.now() - this.#firstAtMs >= PASS_ON_MS;
  }

  /** Whether it can be its turn before the leader has ended. */
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

  /** Notes who gets the signal from a process that gets it now, if that is a runner; and from runners below it. */
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

/** Its parent, the parent of that, and so on, as far as they are in the tree. */
function ancestorsOf(entry: ProcessEntry, byPid: ProcessesByPid): ProcessEntry[] {
  const ancestors: ProcessEntry[] = [];
  let parent = byPid.get(entry.ppid);
  while (parent !== undefined && parent !== entry && !ancestors.includes(parent)) {
    ancestors.push(parent);
    parent = byPid.get(parent.ppid);
  }
  return ancestors;
}
