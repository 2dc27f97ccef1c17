import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Closeable, Closing } from '../../src/dev-server/close.js';
import { EventBus } from '../../src/dev-server/events.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Parts of a dev server whose backends end after a time. @returns what the register was told in the end */
function makeCloseable(gracePeriodsMs: number[], endsAfterMs: number): { closeable: Closeable; notes: string[] } {
  const notes: string[] = [];
  const part = { close: async () => undefined };
  const parts = {
    platform: {
      running: gracePeriodsMs.map((gracePeriodMs) => ({ gracePeriodMs })),
      close: () => new Promise((resolve) => setTimeout(resolve, endsAfterMs)),
    },
    hotRebuild: part,
    builder: part,
    runtime: { ...part, cleared: async () => undefined, standDown: async () => undefined },
    loaded: part,
    parser: part,
    register: { remove: () => notes.push('all has ended'), close: () => notes.push('some may still run') },
  };
  const closeable = { parts, ports: part, guard: part, bus: new EventBus() };
  return { closeable: closeable as unknown as Closeable, notes };
}

test.each([
  ['the longest grace period', [10_000, 60_000, 1_000], 60_100, 'all has ended'],
  ['a short grace period no longer than that', [1_000], 6_100, 'some may still run'],
  ['a process that can’t be killed no longer than that', [60_000], 90_000, 'some may still run'],
  ['builds when no backend runs', [], 2_000, 'all has ended'],
])('closing waits for %s', async (_, gracePeriodsMs, endsAfterMs, expected) => {
  const { closeable, notes } = makeCloseable(gracePeriodsMs, endsAfterMs);
  const closed = new Closing(closeable).close();
  await vi.advanceTimersByTimeAsync(100_000);
  await closed;
  expect(notes).toEqual([expected]);
});
