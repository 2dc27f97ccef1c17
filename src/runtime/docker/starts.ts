import type { Clock } from '../../os/clock.js';
import { inTime } from '../../os/in-time.js';

/** What can wait for starts waits no longer than this: some backends never answer. */
const LONGEST_WAIT_MS = 2_000;

/** The starts that someone waits for: clearing away what has ended would slow them down. */
export class Starts {
  readonly #clock: Clock;
  readonly #underWay = new Set<Promise<void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Notes a start. @returns to be called when it is over; safe to call again */
  begin(): () => void {
    let end: () => void = () => undefined;
    const start = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#underWay.add(start);
    void start.then(() => this.#underWay.delete(start));
    return end;
  }

  /** Resolves when none is under way, or it takes too long. */
  async over(): Promise<void> {
    await inTime(this.#untilOver(), LONGEST_WAIT_MS, this.#clock);
  }

  async #untilOver(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }
}
