import { expect, test } from 'vitest';
import { hasProc, type ProcessEntry } from '../../src/processes/process-table.js';
import { TreeUsage } from '../../src/runtime/process/tree-usage.js';

/** A process with its own CPU time and that of children it waited for. */
function entry(pid: number, cpuMs: number, childrenCpuMs = 0, memoryBytes = 1000): ProcessEntry {
  const identity = { pid, ppid: 1, pgid: 1, startId: `boot:${pid}`, startedAt: 1, zombie: memoryBytes === 0 };
  return { ...identity, memoryBytes, cpuMs, childrenCpuMs };
}

/** The CPU time counted at each sample of a series. */
function countSamples(...samples: [living: ProcessEntry[], ended?: ProcessEntry[]][]): (number | undefined)[] {
  const tree = new TreeUsage();
  return samples.map(([living, ended = []]) => tree.add({ living, ended })?.cpuMs);
}

const [server, worker] = [1, 2];

test('memory is the sum over all living processes', () => {
  const usage = new TreeUsage().add({ living: [entry(server, 0, 0, 5000), entry(worker, 0, 0, 300)], ended: [] });
  expect(usage?.memoryBytes).toBe(5300);
  expect(usage?.memoryLimitBytes).toBeGreaterThan(2 ** 20);
});

test('the peak is at least the current use, and includes peaks of living processes if the system reports them', () => {
  const usage = new TreeUsage().add({ living: [{ ...entry(server, 0, 0, 5000), pid: process.pid }], ended: [] });
  expect(usage?.peakMemoryBytes).toBeGreaterThanOrEqual(hasProc() ? process.memoryUsage.rss() / 2 : 5000);
});

test('CPU time is the sum over all processes, including ended children', () => {
  expect(countSamples([[entry(server, 100, 40), entry(worker, 10)]])).toEqual([150]);
});

test('a child that is waited for is counted once: while it lives, when it has ended, and in its parent', () => {
  expect(
    countSamples(
      [[entry(server, 100), entry(worker, 500)]],
      [[entry(server, 110)], [entry(worker, 520, 0, 0)]],
      [[entry(server, 120, 520)]],
      [[entry(server, 130, 520)]],
    ),
  ).toEqual([600, 630, 640, 650]);
});

test('the usage of a process that no parent waited for is kept', () => {
  expect(
    countSamples(
      [[entry(server, 100), entry(worker, 500)]],
      // The worker has ended, and the server has used more than that in the meantime.
      [[entry(server, 900)]],
      [[entry(server, 950)]],
    ),
  ).toEqual([600, 1400, 1450]);
});

test("the usage of a whole branch is kept when a leaf's time moves up two levels between samples", () => {
  const [leaf] = [3];
  expect(
    countSamples(
      [[entry(server, 100), entry(worker, 50), entry(leaf, 500)]],
      [[entry(server, 100, 560)]],
      [[entry(server, 100, 560)]],
    ),
  ).toEqual([650, 660, 660]);
});

test('a later process with a reused pid counts as another one', () => {
  const second = { ...entry(worker, 5), startId: 'boot:99' };
  expect(countSamples([[entry(server, 0), entry(worker, 500)]], [[entry(server, 0), second]])).toEqual([500, 505]);
});

test('nothing is reported without processes or without memory', () => {
  expect(countSamples([[]], [[entry(server, 0, 0, 0)]], [[entry(server, 5)]])).toEqual([undefined, undefined, 5]);
});
