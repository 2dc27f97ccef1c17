import { expect, test } from 'vitest';
import { JoinedLookups } from '../../src/os/joined-lookups.js';

/** Lookups that end when a test says so. */
function makeLookups() {
  const ends: ((value: number) => void)[] = [];
  const fails: ((error: Error) => void)[] = [];
  const lookUp = () =>
    new Promise<number>((resolve, reject) => {
      ends.push(resolve);
      fails.push(reject);
    });
  return { lookUp, ends, fails };
}

test('requests that arrive during a lookup share the next one, and never get data read before they arrived', async () => {
  const { lookUp, ends } = makeLookups();
  const lookups = new JoinedLookups<number>();
  const first = lookups.find('a', lookUp);
  const others = [lookups.find('a', lookUp), lookups.find('a', lookUp)];
  expect(ends).toHaveLength(1);
  ends[0]?.(1);
  expect(await first).toBe(1);
  await Promise.resolve();
  expect(ends).toHaveLength(2);
  const late = lookups.find('a', lookUp);
  ends[1]?.(2);
  expect(await Promise.all(others)).toEqual([2, 2]);
  await Promise.resolve();
  ends[2]?.(3);
  expect(await late).toBe(3);
  const alone = lookups.find('a', lookUp);
  expect(ends).toHaveLength(4);
  ends[3]?.(4);
  expect(await alone).toBe(4);
});

test('a failed lookup rejects only for the callers that share it, and does not block other keys', async () => {
  const { lookUp, ends, fails } = makeLookups();
  const lookups = new JoinedLookups<number>();
  const first = lookups.find('a', lookUp);
  const second = lookups.find('a', lookUp);
  const other = lookups.find('b', lookUp);
  ends[1]?.(7);
  expect(await other).toBe(7);
  fails[0]?.(new Error('away'));
  await expect(first).rejects.toThrow('away');
  await Promise.resolve();
  ends[2]?.(2);
  expect(await second).toBe(2);
});
