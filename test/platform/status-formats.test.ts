import { describe, expect, test } from 'vitest';
import type { Status, TerminationReason } from '../../src/contract/status.js';
import type { BackendState, EndedState } from '../../src/platform/backend-state.js';
import { toInfoStatus, toPublicStatus, toV1State, toV1Stream } from '../../src/platform/status-formats.js';

const TIME = new Date('2026-01-01T00:00:00.000Z');
const ISO = '2026-01-01T00:00:00.000Z';

function ended(more: Partial<EndedState> = {}): EndedState {
  return { status: 'terminated', time: TIME, exitCode: 0, exitSignal: null, lastStatus: 'ready', ...more };
}

describe('Lifecycle', () => {
  describe('the public v2 status', () => {
    test.each(['scheduled', 'loading', 'starting', 'waiting', 'ready'] as const)(
      'of %s is status and time',
      (status) => {
        expect(toPublicStatus({ status, time: TIME })).toEqual({ status, time: ISO });
      },
    );

    test.each([
      ['terminating', 'soft'],
      ['hard-terminating', 'hard'],
    ] as const)('of %s has the reason, and the kind %s', (status, kind) => {
      const expected = { status, time: ISO, termination_reason: 'swept', termination_kind: kind };
      expect(toPublicStatus({ status, time: TIME, reason: 'swept' })).toEqual(expected);
      expect(toInfoStatus({ status, time: TIME, reason: 'swept' })).toEqual(expected);
    });

    test('of an exit has neither reason nor kind', () => {
      expect(toPublicStatus(ended())).toEqual({ status: 'terminated', time: ISO, exit_error: false });
    });

    test.each<[Partial<EndedState>, boolean]>([
      [{ exitCode: 0 }, false],
      [{ exitCode: 1 }, true],
      [{ exitCode: 137, exitSignal: 'SIGKILL', reason: 'external', kind: 'hard' }, true],
      [{ exitCode: null }, true],
      [{ exitCode: null, reason: 'internalerror', kind: 'hard' }, true],
      [{ exitCode: null, reason: 'lost', kind: 'hard' }, true],
      [{ exitCode: null, reason: 'external', kind: 'soft' }, false],
      [{ exitCode: null, reason: 'swept', kind: 'soft' }, false],
    ])('of the end %j has exit_error %s', (end, exitError) => {
      const { reason, kind } = end;
      expect(toPublicStatus(ended(end))).toEqual({
        status: 'terminated',
        time: ISO,
        exit_error: exitError,
        ...(reason === undefined ? {} : { termination_reason: reason }),
        ...(kind === undefined ? {} : { termination_kind: kind }),
      });
    });
  });

  describe('the status in a backend’s info', () => {
    test('is the public one while it is alive', () => {
      expect(toInfoStatus({ status: 'terminating', time: TIME, reason: 'external' })).toEqual({
        status: 'terminating',
        time: ISO,
        termination_reason: 'external',
        termination_kind: 'soft',
      });
    });

    test('has exit code and last status instead of exit_error at the end', () => {
      expect(toInfoStatus(ended({ exitCode: 3, reason: 'swept', kind: 'soft', lastStatus: 'waiting' }))).toEqual({
        status: 'terminated',
        time: ISO,
        termination_reason: 'swept',
        termination_kind: 'soft',
        exit_code: 3,
        last_status: 'waiting',
      });
      expect(toInfoStatus(ended({ exitCode: null }))).toEqual({
        status: 'terminated',
        time: ISO,
        exit_code: null,
        last_status: 'ready',
      });
    });
  });

  describe('the v1 state', () => {
    test.each<[BackendState, string]>([
      [{ status: 'scheduled', time: TIME }, 'Loading'],
      [{ status: 'loading', time: TIME }, 'Loading'],
      [{ status: 'starting', time: TIME }, 'Starting'],
      [{ status: 'waiting', time: TIME }, 'Starting'],
      [{ status: 'ready', time: TIME }, 'Ready'],
      [{ status: 'terminating', time: TIME, reason: 'swept' }, 'Ready'],
      [{ status: 'hard-terminating', time: TIME, reason: 'swept' }, 'Ready'],
    ])('of $status is %s', (state, name) => {
      expect(toV1State(state)).toBe(name);
    });

    test.each<[TerminationReason, string]>([
      ['external', 'Terminated'],
      ['internalerror', 'Lost'],
      ['lost', 'Lost'],
      ['swept', 'Swept'],
      ['keyexpired', 'Swept'],
      ['startuptimeout', 'TimedOutBeforeReady'],
    ])('of an end with reason %s is %s, whatever else', (reason, name) => {
      for (const lastStatus of ['scheduled', 'waiting', 'ready'] as const) {
        for (const exitCode of [0, 1, null]) expect(toV1State(ended({ reason, lastStatus, exitCode }))).toBe(name);
      }
    });

    test.each<[Status, number | null, string]>([
      ['scheduled', null, 'ErrorLoading'],
      ['loading', 0, 'ErrorLoading'],
      ['starting', 127, 'ErrorStarting'],
      ['waiting', 0, 'ErrorStarting'],
      ['ready', 0, 'Exited'],
      ['ready', 1, 'Failed'],
      ['ready', null, 'Failed'],
    ])('of an exit, last alive at %s, exit code %s, is %s', (lastStatus, exitCode, name) => {
      expect(toV1State(ended({ lastStatus, exitCode }))).toBe(name);
    });
  });

  test('a v1 stream repeats no state, and each has its starting time', () => {
    const at = (second: number) => new Date(TIME.getTime() + second * 1000);
    const stream = toV1Stream([
      { status: 'scheduled', time: at(0) },
      { status: 'loading', time: at(1) },
      { status: 'starting', time: at(2) },
      { status: 'waiting', time: at(3) },
      { status: 'ready', time: at(4) },
      { status: 'terminating', time: at(5), reason: 'external' },
      ended({ time: at(6), reason: 'external', kind: 'soft' }),
    ]);
    expect(stream).toEqual([
      { state: 'Loading', time: at(0).toISOString() },
      { state: 'Starting', time: at(2).toISOString() },
      { state: 'Ready', time: at(4).toISOString() },
      { state: 'Terminated', time: at(6).toISOString() },
    ]);
    expect(toV1Stream([])).toEqual([]);
  });
});
