import { expect, test } from 'vitest';
import { describeExit, describeStatus } from '../../src/cli/terminal/describe-status.js';
import { type PublicStatus, type Status, terminationReasonSchema } from '../../src/contract/status.js';

test.each<[Partial<PublicStatus>, string]>([
  [{ status: 'ready' }, 'ready'],
  [{ status: 'terminating', termination_reason: 'external' }, 'terminating (external: on request)'],
  [
    { status: 'terminated', termination_reason: 'swept', termination_kind: 'soft', exit_error: false },
    'terminated (swept, soft: no client was connected, or its lifetime limit was reached)',
  ],
  [{ status: 'terminated', exit_error: true }, 'terminated (it failed by itself)'],
  [{ status: 'terminated', exit_error: false }, 'terminated (it exited by itself)'],
])('%j in words is "%s"', (status, words) => {
  expect(describeStatus({ status: 'ready', time: 't', ...status })).toBe(words);
});

test.each(terminationReasonSchema.options)('the reason %s is put in words', (reason) => {
  const words = describeStatus({
    status: 'terminated',
    time: 't',
    termination_reason: reason,
    termination_kind: 'hard',
  });
  expect(words).toMatch(new RegExp(`^terminated \\(${reason}, hard: [a-z ,]+\\)$`, 'i'));
});

test.each<[Partial<PublicStatus>, number | null | undefined, string]>([
  [{ status: 'terminated', exit_error: true }, 9, 'terminated (it failed by itself; exit code 9)'],
  [{ status: 'terminated', exit_error: false }, 0, 'terminated (it exited by itself; exit code 0)'],
  [{ status: 'terminated', exit_error: true }, null, 'terminated (it failed by itself)'],
  [
    { status: 'terminated', termination_reason: 'external', termination_kind: 'hard' },
    137,
    'terminated (external, hard: on request; exit code 137)',
  ],
])('%j with exit code %s in words is "%s"', (status, exitCode, words) => {
  expect(describeStatus({ status: 'ready', time: 't', ...status }, { exitCode })).toBe(words);
});

test('an explanation replaces the words of the reason', () => {
  const status = { status: 'terminated', time: 't', termination_reason: 'external', termination_kind: 'soft' } as const;
  expect(describeStatus(status, { explanation: 'replaced by build 3 (changed: server.js)', exitCode: 0 })).toBe(
    'terminated (external, soft: replaced by build 3 (changed: server.js); exit code 0)',
  );
});

test.each<[number | null, string | null, Status, string]>([
  [0, null, 'ready', 'exit code 0'],
  [143, 'SIGTERM', 'waiting', 'SIGTERM, exit code 143'],
  [null, 'SIGKILL', 'ready', 'SIGKILL'],
  [null, null, 'ready', 'exit code unknown'],
  [null, null, 'waiting', 'exit code unknown'],
  [null, null, 'starting', 'not started'],
  [null, null, 'loading', 'not started'],
  [null, null, 'scheduled', 'not started'],
])('exit code %s and signal %s after %s are told as "%s"', (exitCode, exitSignal, lastStatus, words) => {
  expect(describeExit({ exitCode, exitSignal, lastStatus })).toBe(words);
});
