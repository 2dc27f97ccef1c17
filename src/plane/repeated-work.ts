import { pause } from '../os/clock.js';
import { noteHandled } from '../os/debug/debug-log.js';

/** Work that is repeated until it is closed. Failures are logged at debug level, and the next run tries again. */
export class RepeatedWork {
  readonly #what: string;
  readonly #pauseMs: number;
  readonly #turn: (signal: AbortSignal) => Promise<void>;
  readonly #closing = new AbortController();
  #ended: Promise<void> | undefined;

  /**
   * @param what names the work in the debug log
   * @param pauseMs the pause between two runs
   * @param turn gets a signal that aborts on {@link close}
   */
  constructor(what: string, pauseMs: number, turn: (signal: AbortSignal) => Promise<void>) {
    this.#what = what;
    this.#pauseMs = pauseMs;
    this.#turn = turn;
  }

  /** Starts the first run at once. Safe to call more than once. */
  start(): void {
    this.#ended ??= this.#run();
  }

  /** Aborts the current run and ends the repetition. Never rejects. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#ended;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        await this.#turn(signal);
      } catch (error) {
        if (!signal.aborted) noteHandled('plane', this.#what, error);
      }
      await pause(this.#pauseMs, signal);
    }
  }
}
