import type { Clock } from '../os/clock.js';

/**
 * Detects when a session is kept past its idle limit only by plain requests, such as event streams. On Plane, only
 * upgraded connections keep a session alive: a session whose clients only read would be swept once its last request
 * began that long ago.
 */
export class PlainHold {
  readonly #clock: Clock;
  readonly #idleMs: number;
  readonly #onPassed: () => void;
  #cancel: (() => void) | undefined;
  #upgrades = 0;
  #requests = 0;
  /** When the last request began or the last upgraded connection was closed. */
  #sinceMs = 0;
  #isOver = false;

  /** @param onPassed called at most once */
  constructor(clock: Clock, idleSeconds: number, onPassed: () => void) {
    this.#clock = clock;
    this.#idleMs = idleSeconds * 1000;
    this.#onPassed = onPassed;
  }

  /** Counts an open connection. @returns a function to call once when the connection is closed */
  opened(isUpgrade: boolean): () => void {
    if (isUpgrade) this.#upgrades += 1;
    else this.#requests += 1;
    this.#restart();
    return () => {
      if (!isUpgrade) {
        this.#requests -= 1;
        return;
      }
      this.#upgrades -= 1;
      this.#restart();
    };
  }

  /** Stops detecting. */
  close(): void {
    this.#isOver = true;
    this.#cancel?.();
  }

  #restart(): void {
    this.#sinceMs = this.#clock.monotonicMs();
    if (!this.#isOver && this.#cancel === undefined) this.#check();
  }

  /**
   * Checks whether the session is held. All requests share one timer, which is set again for the remaining time when it
   * fires.
   */
  #check(): void {
    this.#cancel = undefined;
    const isHeld = this.#upgrades === 0 && this.#requests > 0;
    const leftMs = this.#sinceMs + this.#idleMs - this.#clock.monotonicMs();
    if (isHeld && leftMs <= 0) {
      this.#isOver = true;
      this.#onPassed();
    } else if (isHeld) {
      this.#cancel = this.#clock.after(leftMs, () => this.#check());
    }
  }
}
