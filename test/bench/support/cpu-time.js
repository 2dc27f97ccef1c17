import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * Measures how much CPU time a process takes, all its threads together. Linux only.
 * @param {number} pid
 * @param {number} ms how long
 * @returns {Promise<number>} the share of one core; percent
 */
export async function cpuShare(pid, ms) {
  const startedAtMs = performance.now();
  const before = cpuTimeMs(pid);
  await pause(ms);
  return (100 * (cpuTimeMs(pid) - before)) / (performance.now() - startedAtMs);
}

/** By the scheduler's own count, in nanoseconds: /proc/PID/stat counts hundredths of a second. @param {number} pid */
function cpuTimeMs(pid) {
  const tasks = readdirSync(`/proc/${pid}/task`);
  const ns = tasks.map((task) => Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]));
  return ns.reduce((sum, each) => sum + each, 0) / 1e6;
}
