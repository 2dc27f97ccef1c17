import { findProcess } from '../../src/processes/process-table.js';

/**
 * How long a test waits for what has to come, however slow the machine is: it passes as soon as that has come. The timeout of tests, in vitest.config.ts, is longer.
 */
export const DEADLINE_MS = 60_000;

/**
 * Waits until a condition holds, asking again and again.
 * @param condition returns something truthy once it holds
 * @param what is waited for, to be named when it never comes
 * @returns what the condition returned
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  what: string,
  deadlineMs = DEADLINE_MS,
): Promise<NonNullable<T>> {
  const startedAt = performance.now();
  for (;;) {
    const result = await condition();
    if (result) return result;
    if (performance.now() - startedAt > deadlineMs) throw new Error(`waited ${deadlineMs} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Which of these processes live (one that has ended but was not waited for does not). */
export async function living(pids: readonly number[]): Promise<number[]> {
  const entries = await Promise.all(pids.map((pid) => findProcess(pid)));
  return entries.flatMap((entry) => (entry === undefined || entry.zombie ? [] : [entry.pid]));
}
