import type { Clock } from '../../os/clock.js';
import { inTime } from '../../os/in-time.js';

/** How long other work waits for starts at most, since some backends never answer. */
const LONGEST_WAIT_MS = 2_000;

/** The starts that someone is waiting for. Cleanups are postponed, because they would slow them down. */
export class Starts {
  readonly #clock: Clock;
  readonly #underWay = new Set<Promise<void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Records a start. @returns a function to call when it is over; safe to call again */
  begin(): () => void {
    let end: () => void = () => undefined;
    const start = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#underWay.add(start);
    void start.then(() => this.#underWay.delete(start));
    return end;
  }

  /** Resolves when no start is in progress, or after a timeout. */
  async over(): Promise<void> {
    await inTime(this.#untilOver(), LONGEST_WAIT_MS, this.#clock);
  }

  async #untilOver(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }
}
