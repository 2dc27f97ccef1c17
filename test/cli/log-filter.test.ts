import { expect, test } from 'vitest';
import { LogFilter } from '../../src/cli/terminal/log-filter.js';
import type { Backend } from '../../src/platform/backend.js';

const [one, two, three] = ['one', 'two', 'three'].map((id) => ({ id }) as Backend) as [Backend, Backend, Backend];

test('cycles from all to each running backend and back to all', () => {
  const filter = new LogFilter();
  expect([filter.shows('one'), filter.shows('two')]).toEqual([true, true]);
  filter.cycle([one, two]);
  expect([filter.shows('one'), filter.shows('two')]).toEqual([true, false]);
  filter.cycle([one, two]);
  expect(filter.only).toBe(two);
  filter.cycle([one, two]);
  expect(filter.only).toBeUndefined();
});

test('moves to the first backend if the selected one is gone', () => {
  const filter = new LogFilter();
  filter.cycle([one]);
  filter.cycle([two, three]);
  expect(filter.only).toBe(two);
});

test('stays at all if none is running', () => {
  const filter = new LogFilter();
  filter.cycle([]);
  expect(filter.only).toBeUndefined();
});
