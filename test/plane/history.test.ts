import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Status } from '../../src/contract/status.js';
import { STATUSES } from '../../src/contract/statuses.js';
import { toHistory, toStatusRow } from '../../src/plane/history.js';
import { toInfoStatus, toPublicStatus, toV1State } from '../../src/platform/status-formats.js';

const T = 1_795_686_825_000;

function historyOf(statuses: { status: Status; time?: number; reason?: string; kind?: string; failed?: boolean }[]) {
  const rows = statuses.map(({ status, time = T, reason, kind, failed }) =>
    toStatusRow({
      status,
      time,
      termination_reason: reason as never,
      termination_kind: kind as never,
      exit_error: failed,
    }),
  );
  return toHistory({ history: rows, exitCode: null });
}

test('statuses of Plane are converted to those of the dev server', () => {
  const history = historyOf([
    { status: 'scheduled', time: T },
    { status: 'ready', time: T + 10 },
    { status: 'terminating', time: T + 20, reason: 'swept', kind: 'soft' },
    { status: 'terminated', time: T + 30, reason: 'swept', kind: 'soft', failed: false },
  ]);
  expect(history.map(toPublicStatus)).toEqual([
    { status: 'scheduled', time: '2026-11-26T09:53:45.000Z' },
    { status: 'ready', time: '2026-11-26T09:53:45.010Z' },
    {
      status: 'terminating',
      time: '2026-11-26T09:53:45.020Z',
      termination_reason: 'swept',
      termination_kind: 'soft',
    },
    {
      status: 'terminated',
      time: '2026-11-26T09:53:45.030Z',
      termination_reason: 'swept',
      termination_kind: 'soft',
      exit_error: false,
    },
  ]);
  expect(toInfoStatus(history.at(-1) as never)).toMatchObject({ exit_code: null, last_status: 'ready' });
});

test.each<[Status[], boolean, string]>([
  [['scheduled', 'ready', 'terminated'], true, 'Failed'],
  [['scheduled', 'ready', 'terminated'], false, 'Exited'],
  [['scheduled', 'loading', 'terminated'], true, 'ErrorLoading'],
  [['scheduled', 'waiting', 'terminated'], false, 'ErrorStarting'],
  [['scheduled', 'starting', 'terminated'], true, 'ErrorStarting'],
])('an exit after %j, failed: %j, is %s in v1', (statuses, failed, state) => {
  const history = historyOf(statuses.map((status) => ({ status, ...(status === 'terminated' && { failed }) })));
  expect(toV1State(history.at(-1) as never)).toBe(state);
  expect(toPublicStatus(history.at(-1) as never)).toMatchObject({ exit_error: failed });
});

test('a backend that never had a process counts as failed, even if Plane says otherwise', () => {
  const history = historyOf([{ status: 'loading' }, { status: 'terminated', failed: false }]);
  expect(toPublicStatus(history.at(-1) as never)).toMatchObject({ exit_error: true });
});

test('times increase, whatever the clocks of the machines say', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: T - 5_000, max: T + 5_000 }), { maxLength: STATUSES.length }), (times) => {
      const history = historyOf(times.map((time, index) => ({ status: STATUSES[index] as Status, time })));
      for (const [index, { time }] of history.entries()) {
        if (index > 0) expect(time.getTime()).toBeGreaterThan(history[index - 1]?.time.getTime() ?? 0);
        expect(time.getTime()).toBeGreaterThanOrEqual(times[index] ?? 0);
      }
    }),
  );
});
