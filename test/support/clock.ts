import { type Clock, systemClock } from '../../src/os/clock.js';

/** A clock on which time passes faster: a second takes a fraction of a second. */
export function fastClock(factor: number): Clock {
  return {
    now: () => new Date(),
    monotonicMs: () => systemClock.monotonicMs() * factor,
    after: (ms, callback) => systemClock.after(ms / factor, callback),
  };
}
