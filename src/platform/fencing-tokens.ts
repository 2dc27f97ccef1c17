import type { Clock } from '../os/clock.js';

/**
 * Issues numbers that are larger than all earlier ones, including those of previous dev servers of the project: data
 * that a backend stored with an old token must not win over a new holder of its key. The numbers are therefore based on
 * the time of day.
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
