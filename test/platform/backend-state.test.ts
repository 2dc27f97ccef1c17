import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Status, TerminationReason } from '../../src/contract/status.js';
import { STATUSES } from '../../src/contract/statuses.js';
import { advance, type BackendState, isEnding, rankOf, toTerminated } from '../../src/platform/backend-state.js';

const TIME = new Date('2026-01-01T00:00:00.000Z');

function stateOf(status: Status, reason: TerminationReason = 'external'): BackendState {
  switch (status) {
    case 'terminating':
    case 'hard-terminating':
      return { status, time: TIME, reason };
    case 'terminated':
      return { status, time: TIME, exitCode: 0, exitSignal: null, lastStatus: 'ready' };
    default:
      return { status, time: TIME };
  }
}

describe('Lifecycle: states', () => {
  test('the rank of a status is its position in a backend’s life', () => {
    expect(STATUSES.map(rankOf)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test.each([
    ['scheduled', false],
    ['loading', false],
    ['starting', false],
    ['waiting', false],
    ['ready', false],
    ['terminating', true],
    ['hard-terminating', true],
    ['terminated', true],
  ] as const)('%s is ending: %s', (status, ending) => {
    expect(isEnding(stateOf(status))).toBe(ending);
  });

  test('a backend only moves forward, may skip steps, and ignores invalid steps', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...STATUSES)), (wanted) => {
        let history: readonly BackendState[] = [];
        for (const status of wanted) {
          const next = stateOf(status);
          const before = history;
          const rankBefore = before.length === 0 ? -1 : rankOf((before.at(-1) as BackendState).status);
          history = advance(before, next);
          if (rankOf(status) > rankBefore) expect(history).toEqual([...before, next]);
          else expect(history).toBe(before);
        }
        const ranks = history.map(({ status }) => rankOf(status));
        expect(ranks).toEqual([...new Set(ranks)].sort((a, b) => a - b));
      }),
    );
  });

  test('advancing does not modify the previous history', () => {
    const history = [stateOf('scheduled')];
    advance(history, stateOf('ready'));
    expect(history).toHaveLength(1);
  });

  describe('the end of a backend', () => {
    test('has no reason and no kind if it exited', () => {
      expect(toTerminated([stateOf('scheduled'), stateOf('ready')], TIME, { code: 3, signal: null })).toEqual({
        status: 'terminated',
        time: TIME,
        exitCode: 3,
        exitSignal: null,
        lastStatus: 'ready',
      });
    });

    test.each([
      ['soft', ['scheduled', 'ready', 'terminating']],
      ['hard', ['scheduled', 'ready', 'hard-terminating']],
      ['hard', ['scheduled', 'ready', 'terminating', 'hard-terminating']],
    ] as const)('is %s after %j', (kind, statuses) => {
      const history = statuses.map((status) => stateOf(status, 'swept'));
      expect(toTerminated(history, TIME, { code: 143, signal: 'SIGTERM' })).toEqual({
        status: 'terminated',
        time: TIME,
        exitCode: 143,
        exitSignal: 'SIGTERM',
        lastStatus: 'ready',
        reason: 'swept',
        kind,
      });
    });

    test.each(['scheduled', 'loading', 'starting', 'waiting', 'ready'] as const)(
      'records that it was last alive at %s',
      (status) => {
        const history = [stateOf(status), stateOf('terminating'), stateOf('hard-terminating')];
        expect(toTerminated(history, TIME, { code: null, signal: null }).lastStatus).toBe(status);
        expect(toTerminated([stateOf(status)], TIME, { code: null, signal: null }).lastStatus).toBe(status);
      },
    );
  });
});
