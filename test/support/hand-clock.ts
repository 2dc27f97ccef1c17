import type { Clock } from '../../src/os/clock.js';

/** A clock that moves only when a test turns it. */
export class HandClock implements Clock {
  #nowMs = 0;
  #timers: { atMs: number; callback: () => void }[] = [];

  now(): Date {
    return new Date(Date.UTC(2026, 0, 1) + this.#nowMs);
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { atMs: this.#nowMs + ms, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    };
  }

  /** Pending timers. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Advances time; timers that are due fire in order. */
  turn(ms: number): void {
    const until = this.#nowMs + ms;
    for (;;) {
      const [due] = this.#timers.filter(({ atMs }) => atMs <= until).sort((a, b) => a.atMs - b.atMs);
      if (due === undefined) break;
      this.#nowMs = Math.max(this.#nowMs, due.atMs);
      this.#timers = this.#timers.filter((each) => each !== due);
      due.callback();
    }
    this.#nowMs = until;
  }
}
