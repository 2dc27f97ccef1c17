import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { pause, systemClock } from '../../src/os/clock.js';

/** The longest delay that setTimeout accepts. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

test('the system clock reports wall time, and a monotonic time', () => {
  const before = Date.now();
  const now = systemClock.now().getTime();
  expect(now).toBeGreaterThanOrEqual(before);
  expect(now).toBeLessThanOrEqual(Date.now());
  const first = systemClock.monotonicMs();
  expect(systemClock.monotonicMs()).toBeGreaterThanOrEqual(first);
});

describe('a timer of the system clock', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test.each([[0], [1], [5_000], [LONGEST_TIMEOUT_MS], [LONGEST_TIMEOUT_MS + 1], [LONGEST_TIMEOUT_MS * 3 + 7]])(
    'of %d ms fires once, at that time and not before',
    async (ms) => {
      const callback = vi.fn();
      systemClock.after(ms, callback);
      if (ms > 0) await vi.advanceTimersByTimeAsync(ms - 1);
      expect(callback).not.toHaveBeenCalled();
      await vi.advanceTimersByTimeAsync(1);
      expect(callback).toHaveBeenCalledOnce();
      await vi.advanceTimersByTimeAsync(LONGEST_TIMEOUT_MS);
      expect(callback).toHaveBeenCalledOnce();
    },
  );

  test('of a negative delay fires at once', async () => {
    const callback = vi.fn();
    systemClock.after(-5, callback);
    await vi.advanceTimersByTimeAsync(1);
    expect(callback).toHaveBeenCalledOnce();
  });

  test('does not fire once cancelled, even late in a long wait, and can be cancelled again', async () => {
    const callback = vi.fn();
    const cancel = systemClock.after(LONGEST_TIMEOUT_MS * 2, callback);
    await vi.advanceTimersByTimeAsync(LONGEST_TIMEOUT_MS + 10);
    cancel();
    cancel();
    await vi.advanceTimersByTimeAsync(LONGEST_TIMEOUT_MS * 2);
    expect(callback).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('does not keep a program alive', () => {
    const setTimeoutSpy = vi.spyOn(globalThis, 'setTimeout');
    const cancel = systemClock.after(1_000, () => undefined);
    const timer = setTimeoutSpy.mock.results[0]?.value as NodeJS.Timeout;
    expect(timer.hasRef()).toBe(false);
    cancel();
    setTimeoutSpy.mockRestore();
  });
});

describe('a pause', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** Whether a promise has resolved. */
  async function isDone(promise: Promise<void>): Promise<boolean> {
    let done = false;
    void promise.then(() => {
      done = true;
    });
    await vi.advanceTimersByTimeAsync(0);
    return done;
  }

  test('lasts as long as it should', async () => {
    const promise = pause(100);
    await vi.advanceTimersByTimeAsync(99);
    expect(await isDone(promise)).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await isDone(promise)).toBe(true);
  });

  test('lasts as long as it should even beyond the longest timer', async () => {
    const promise = pause(LONGEST_TIMEOUT_MS + 5_000);
    await vi.advanceTimersByTimeAsync(LONGEST_TIMEOUT_MS + 4_999);
    expect(await isDone(promise)).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await isDone(promise)).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('ends when the signal aborts, and leaves no timer behind', async () => {
    const controller = new AbortController();
    const promise = pause(100_000, controller.signal);
    expect(await isDone(promise)).toBe(false);
    controller.abort();
    expect(await isDone(promise)).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('does not begin if the signal has already aborted', async () => {
    expect(await isDone(pause(100_000, AbortSignal.abort()))).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('leaves no listener on the signal', async () => {
    const { signal } = new AbortController();
    const remove = vi.spyOn(signal, 'removeEventListener');
    const promise = pause(5, signal);
    await vi.advanceTimersByTimeAsync(5);
    await promise;
    expect(remove).toHaveBeenCalledWith('abort', expect.any(Function));
  });
});
