import { findProcess } from '../../src/processes/process-table.js';

/**
 * How long a test waits for an event, however slow the machine is: it continues as soon as the event has occurred. The
 * timeout of tests, in vitest.config.ts, is longer.
 */
export const DEADLINE_MS = 60_000;

/**
 * Waits until a condition holds by polling it.
 * @param condition returns something truthy once it holds
 * @param what describes the condition, for the error when it never holds
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

/** The processes of these that are alive (zombies are not). */
export async function living(pids: readonly number[]): Promise<number[]> {
  const entries = await Promise.all(pids.map((pid) => findProcess(pid)));
  return entries.flatMap((entry) => (entry === undefined || entry.zombie ? [] : [entry.pid]));
}
