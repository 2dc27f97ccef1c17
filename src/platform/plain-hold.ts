import type { Clock } from '../os/clock.js';

/**
 * Notices when a session is held past its idle limit by nothing but plain requests, such as event streams. On Plane only
 * upgraded connections hold a session: one whose clients only read is swept that long after the last request began.
 */
export class PlainHold {
  readonly #clock: Clock;
  readonly #idleMs: number;
  readonly #onPassed: () => void;
  #cancel: (() => void) | undefined;
  #upgrades = 0;
  #requests = 0;
  /** When a request last began, or an upgraded connection was closed. */
  #sinceMs = 0;
  #isOver = false;

  /** @param onPassed called at most once */
  constructor(clock: Clock, idleSeconds: number, onPassed: () => void) {
    this.#clock = clock;
    this.#idleMs = idleSeconds * 1000;
    this.#onPassed = onPassed;
  }

  /** Counts an open connection. @returns to be called once, when it is closed */
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

  /** Notices nothing from here on. */
  close(): void {
    this.#isOver = true;
    this.#cancel?.();
  }

  #restart(): void {
    this.#sinceMs = this.#clock.monotonicMs();
    if (!this.#isOver && this.#cancel === undefined) this.#check();
  }

  /** One timer for many requests: it is set again for what is left when it goes off. */
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
