import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatAge, formatDuration } from '../../src/cli/terminal/duration.js';

test.each([
  [0, '0 ms'],
  [86.6, '87 ms'],
  [999, '999 ms'],
  [999.4, '999 ms'],
  [999.7, '1.0 s'],
  [1000, '1.0 s'],
  [3240, '3.2 s'],
  [59_940, '59.9 s'],
  [59_960, '1 min 0 s'],
  [60_000, '1 min 0 s'],
  [119_400, '1 min 59 s'],
  [119_600, '2 min 0 s'],
  [245_000, '4 min 5 s'],
  [7_200_000, '120 min 0 s'],
])('%d ms is written as %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test('no part of a duration reaches the next larger unit', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 10_000_000, noNaN: true }), (ms) => {
      expect(formatDuration(ms)).not.toMatch(/^1000 ms|^60\.0 s| 60 s/);
    }),
  );
});

test.each([
  [-5, '0s'],
  [0, '0s'],
  [999, '0s'],
  [59_999, '59s'],
  [60_000, '1m'],
  [3_599_999, '59m'],
  [3_600_000, '1h'],
  [86_399_999, '23h'],
  [86_400_000, '1d'],
  [864_000_000, '10d'],
])('an age of %d ms is %s', (ms, text) => {
  expect(formatAge(ms)).toBe(text);
});
