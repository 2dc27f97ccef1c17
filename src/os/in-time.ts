import type { Clock } from './clock.js';

/**
 * Waits for a promise for a limited time. Leaves no timer behind.
 * @param ms the time limit
 * @returns undefined if the time is over first
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
