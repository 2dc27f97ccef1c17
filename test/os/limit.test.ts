import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createLimit, mapLimited } from '../../src/os/limit.js';

/** Counts how many tasks run at once. */
function createGauge() {
  let running = 0;
  let most = 0;
  const task = async <T>(result: T): Promise<T> => {
    running += 1;
    most = Math.max(most, running);
    await new Promise(setImmediate);
    running -= 1;
    return result;
  };
  return { task, most: () => most };
}

test('a limit lets only this many tasks run, in order', async () => {
  const { task, most } = createGauge();
  const limit = createLimit(3);
  const results = await Promise.all(Array.from({ length: 20 }, (_, index) => limit(() => task(index))));
  expect(results).toEqual(Array.from({ length: 20 }, (_, index) => index));
  expect(most()).toBe(3);
});

test('many items are mapped in order, a limited number at once', async () => {
  const { task, most } = createGauge();
  const items = Array.from({ length: 5_000 }, (_, index) => index);
  expect(await mapLimited(items, 4, task)).toEqual(items);
  expect(most()).toBe(4);
  expect(await mapLimited([], 4, task)).toEqual([]);
});

test('many tasks that never wait leave turns to the event loop', async () => {
  let turns = 0;
  let isOver = false;
  const count = async () => {
    while (!isOver) {
      await new Promise(setImmediate);
      turns += 1;
    }
  };
  const counting = count();
  await mapLimited(Array.from({ length: 50_000 }), 2, async () => undefined);
  isOver = true;
  await counting;
  expect(turns).toBeGreaterThan(50);
});

test('a failed task is an error', async () => {
  const fail = async (item: number) => {
    await pause(1);
    if (item === 7) throw new Error('the seventh');
  };
  await expect(mapLimited([...Array(20).keys()], 3, fail)).rejects.toThrow('the seventh');
});
