import type { Clock } from '../os/clock.js';

/**
 * Numbers that are larger than every one before, also than those of earlier dev servers on the project: what a backend
 * stored with an old one must not win over a new holder of its key. So they count from the time of day.
 */
export class FencingTokens {
  readonly #clock: Clock;
  #last = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  next(): number {
    this.#last = Math.max(this.#last + 1, this.#clock.now().getTime());
    return this.#last;
  }
}
