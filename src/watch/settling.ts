import { pause } from '../os/clock.js';

/** How long no file may change before changes are reported. */
const QUIET_MS = 50;
/** The longest wait for quiet while the same files change again and again. */
const LONGEST_WAIT_MS = 500;
/** The longest wait while more and more files change, as in a large copy. */
const LONGEST_STREAM_MS = 10_000;

/** Connects settling to the code that checks files. */
export interface SettlingTasks {
  /** Whether something must be checked. */
  isDirty(): boolean;
  /** Runs the checks. @returns whether they found new changes */
  look(): Promise<boolean>;
  /** Whether a program is in the middle of changing many files. */
  isHeld(): boolean;
  /** Reports the changes that were found. */
  deliver(): void;
  onFault(error: unknown): void;
}

/** The source of time. */
export interface SettlingTime {
  /** Milliseconds that never go backwards. */
  nowMs(): number;
  pause(ms: number): Promise<void>;
}

const SYSTEM_TIME: SettlingTime = { nowMs: () => performance.now(), pause };

/** Waits until files stop changing, so that related changes are reported together. */
export class Settling {
  readonly #tasks: SettlingTasks;
  readonly #time: SettlingTime;
  #lastEventMs = 0;
  #running: Promise<void> | undefined;
  #paused = false;
  #closed = false;

  constructor(tasks: SettlingTasks, time = SYSTEM_TIME) {
    this.#tasks = tasks;
    this.#time = time;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Records that something must be checked. */
  touch(): void {
    this.#lastEventMs = this.#time.nowMs();
    this.#start();
  }

  /** Reports nothing until {@link resume}. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    // Changes found before the pause may not be reported yet.
    this.#start();
  }

  /** Resolves when all changes made before the call were checked and reported, unless reporting is paused. */
  async settled(): Promise<void> {
    // The system's pending events are delivered in the next turn.
    for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    while (this.#running !== undefined) await this.#running;
  }

  /** Runs the checks without reporting, even during a pause. */
  async check(): Promise<void> {
    await this.settled();
    this.#running = this.#tasks
      .look()
      .then(
        () => undefined,
        (error: unknown) => this.#tasks.onFault(error),
      )
      .finally(() => {
        this.#running = undefined;
        this.#start();
      });
    await this.#running;
  }

  /** Resolves when nothing is being checked. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  #start(): void {
    if (this.#paused || this.#closed) return;
    this.#running ??= this.#run()
      .catch((error) => this.#tasks.onFault(error))
      .finally(() => {
        this.#running = undefined;
        if (this.#tasks.isDirty()) this.#start();
      });
  }

  async #run(): Promise<void> {
    const startedMs = this.#time.nowMs();
    for (;;) {
      await this.#quiet();
      if (this.#closed) return;
      const grew = await this.#tasks.look();
      const tookMs = this.#time.nowMs() - startedMs;
      if (this.#tasks.isHeld()) continue;
      const isQuiet = !this.#tasks.isDirty() && this.#time.nowMs() - this.#lastEventMs >= QUIET_MS;
      if (isQuiet || tookMs >= LONGEST_STREAM_MS || (!grew && tookMs >= LONGEST_WAIT_MS)) break;
    }
    // Changes found before a pause are reported after it.
    if (!this.#paused && !this.#closed) this.#tasks.deliver();
  }

  /** Waits for quiet. Always yields to the event loop, even if nothing has changed for a long time. */
  async #quiet(): Promise<void> {
    const startedMs = this.#time.nowMs();
    let leftMs = QUIET_MS;
    do {
      await this.#time.pause(Math.min(leftMs, QUIET_MS));
      leftMs = Math.min(this.#lastEventMs + QUIET_MS, startedMs + LONGEST_WAIT_MS) - this.#time.nowMs();
    } while (leftMs > 0 && !this.#closed);
  }
}
