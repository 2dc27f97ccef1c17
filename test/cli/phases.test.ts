import { expect, test } from 'vitest';
import { describePhases } from '../../src/cli/terminal/phases.js';
import type { Status } from '../../src/contract/status.js';

function history(...steps: [status: Status, ms: number][]) {
  return steps.map(([status, ms]) => ({ status, time: new Date(1_000_000 + ms) }));
}

test.each([
  [
    history(['scheduled', 0], ['loading', 2], ['starting', 2], ['waiting', 13], ['ready', 96]),
    '96 ms: scheduled 2 ms, loading 0, starting 11, waiting 83',
  ],
  [
    history(
      ['scheduled', 0],
      ['loading', 1],
      ['starting', 1501],
      ['waiting', 1512],
      ['ready', 4512],
      ['terminated', 9999],
    ),
    '4.5 s: scheduled 1 ms, loading 1.5 s, starting 11 ms, waiting 3.0 s',
  ],
  [
    history(['scheduled', 0], ['loading', 65_000], ['starting', 130_000], ['ready', 130_010]),
    '2 min 10 s: scheduled 1 min 5 s, loading 1 min 5 s, starting 10 ms',
  ],
])('%#: the time of each phase up to ready', (states, expected) => {
  expect(describePhases(states)).toBe(expected);
});

test.each([[history()], [history(['scheduled', 0])], [history(['scheduled', 0], ['terminated', 5])]])(
  '%#: a backend that was never ready has no phases',
  (states) => {
    expect(describePhases(states)).toBeUndefined();
  },
);

test.each([
  ['cold', ''],
  ['warm', '; warm start'],
  ['pool', '; warm pool'],
  [undefined, ''],
] as const)('a start that was %s ends with "%s"', (start, end) => {
  const states = history(['scheduled', 0], ['waiting', 5], ['ready', 9]);
  expect(describePhases(states, start)).toBe(`9 ms: scheduled 5 ms, waiting 4${end}`);
});
