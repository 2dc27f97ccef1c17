import { expect, test } from 'vitest';
import { hasProc, type ProcessEntry } from '../../src/processes/process-table.js';
import { TreeUsage } from '../../src/runtime/process/tree-usage.js';

/** A process with so much CPU time of its own and of children that it waited for. */
function entry(pid: number, cpuMs: number, childrenCpuMs = 0, memoryBytes = 1000): ProcessEntry {
  const identity = { pid, ppid: 1, pgid: 1, startId: `boot:${pid}`, startedAt: 1, zombie: memoryBytes === 0 };
  return { ...identity, memoryBytes, cpuMs, childrenCpuMs };
}

/** What is counted at each look of a series. */
function countLooks(...looks: [living: ProcessEntry[], ended?: ProcessEntry[]][]): (number | undefined)[] {
  const tree = new TreeUsage();
  return looks.map(([living, ended = []]) => tree.add({ living, ended })?.cpuMs);
}

const [server, worker] = [1, 2];

test('memory is that of all that lives', () => {
  const usage = new TreeUsage().add({ living: [entry(server, 0, 0, 5000), entry(worker, 0, 0, 300)], ended: [] });
  expect(usage?.memoryBytes).toBe(5300);
  expect(usage?.memoryLimitBytes).toBeGreaterThan(2 ** 20);
});

test('the peak is at least what is in use, and what one that lives had at its own peak, if the system tells', () => {
  const usage = new TreeUsage().add({ living: [{ ...entry(server, 0, 0, 5000), pid: process.pid }], ended: [] });
  expect(usage?.peakMemoryBytes).toBeGreaterThanOrEqual(hasProc() ? process.memoryUsage.rss() / 2 : 5000);
});

test('CPU time is that of all, with what children had used when they ended', () => {
  expect(countLooks([[entry(server, 100, 40), entry(worker, 10)]])).toEqual([150]);
});

test('a child that is waited for is counted once: while it lives, when it has ended, and with its parent', () => {
  expect(
    countLooks(
      [[entry(server, 100), entry(worker, 500)]],
      [[entry(server, 110)], [entry(worker, 520, 0, 0)]],
      [[entry(server, 120, 520)]],
      [[entry(server, 130, 520)]],
    ),
  ).toEqual([600, 630, 640, 650]);
});

test('what a process used that nobody waited for is not forgotten', () => {
  expect(
    countLooks(
      [[entry(server, 100), entry(worker, 500)]],
      // It has ended; the other one has used more than that meanwhile.
      [[entry(server, 900)]],
      [[entry(server, 950)]],
    ),
  ).toEqual([600, 1400, 1450]);
});

test('nor what a whole branch used, whose leaf went over to its parent before that went to the first', () => {
  const [leaf] = [3];
  expect(
    countLooks(
      [[entry(server, 100), entry(worker, 50), entry(leaf, 500)]],
      [[entry(server, 100, 560)]],
      [[entry(server, 100, 560)]],
    ),
  ).toEqual([650, 660, 660]);
});

test('a later process with the pid of an earlier one is another', () => {
  const second = { ...entry(worker, 5), startId: 'boot:99' };
  expect(countLooks([[entry(server, 0), entry(worker, 500)]], [[entry(server, 0), second]])).toEqual([500, 505]);
});

test('of nothing, and of what has no memory yet, nothing is reported', () => {
  expect(countLooks([[]], [[entry(server, 0, 0, 0)]], [[entry(server, 5)]])).toEqual([undefined, undefined, 5]);
});
