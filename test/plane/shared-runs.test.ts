import { expect, test } from 'vitest';
import { SharedRuns } from '../../src/plane/shared-runs.js';
import { waitFor } from '../support/wait.js';

/** Work that ends when it is told to. */
function makeWork() {
  const ends: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const work = () => new Promise<void>((resolve, reject) => void ends.push({ resolve, reject }));
  return { work, ends };
}

test('those who call while work is under way share one run after it', async () => {
  const runs = new SharedRuns();
  const { work, ends } = makeWork();
  const first = runs.run('a', work);
  const [second, third] = [runs.run('a', work), runs.run('a', work)];
  expect(ends).toHaveLength(1);
  ends[0]?.resolve();
  await first;
  await waitFor(() => ends.length === 2, 'the next run');
  const fourth = runs.run('a', work);
  ends[1]?.resolve();
  await Promise.all([second, third]);
  await waitFor(() => ends.length === 3, 'the next run');
  ends[2]?.resolve();
  await fourth;
});

test('keys know nothing of each other, and a failure is that of its run alone', async () => {
  const runs = new SharedRuns();
  const { work, ends } = makeWork();
  const [a, b] = [runs.run('a', work), runs.run('b', work)];
  expect(ends).toHaveLength(2);
  const next = runs.run('a', work);
  ends[0]?.reject(new Error('lost'));
  await expect(a).rejects.toThrow('lost');
  await waitFor(() => ends.length === 3, 'the next run');
  ends[2]?.resolve();
  ends[1]?.resolve();
  await Promise.all([b, next]);
});
