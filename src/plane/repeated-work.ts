import { pause } from '../os/clock.js';
import { noteHandled } from '../os/debug/debug-log.js';

/** Work that is done over and over until it is closed. A failure goes to the debug log, and the next turn tries again. */
export class RepeatedWork {
  readonly #what: string;
  readonly #pauseMs: number;
  readonly #turn: (signal: AbortSignal) => Promise<void>;
  readonly #closing = new AbortController();
  #ended: Promise<void> | undefined;

  /**
   * @param what what is done, for the debug log
   * @param pauseMs between two turns
   * @param turn gets a signal that aborts on {@link close}
   */
  constructor(what: string, pauseMs: number, turn: (signal: AbortSignal) => Promise<void>) {
    this.#what = what;
    this.#pauseMs = pauseMs;
    this.#turn = turn;
  }

  /** Begins with the first turn, at once. Safe to call again. */
  start(): void {
    this.#ended ??= this.#run();
  }

  /** Ends the turn under way. Never rejects. */
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
