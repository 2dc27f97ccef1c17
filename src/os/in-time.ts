import type { Clock } from './clock.js';

/**
 * Waits for a promise, but no longer than for a time; leaves no timer behind.
 * @param ms the time
 * @returns undefined when it is over first
 */
export async function inTime<T>(promise: Promise<T>, ms: number, clock: Clock): Promise<T | undefined> {
  let cancel: () => void = () => undefined;
  const late = new Promise<undefined>((resolve) => {
    cancel = clock.after(ms, () => resolve(undefined));
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    cancel();
  }
}
