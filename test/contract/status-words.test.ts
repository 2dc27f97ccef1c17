import { expect, test } from 'vitest';
import { type PublicStatus, type Status, terminationReasonSchema } from '../../src/contract/status.js';
import { describeExit, describeReason, describeStatus, type StatusDetails } from '../../src/contract/status-words.js';

const OUT_OF_MEMORY = 'It ran out of memory: its limit is 64 MiB.';
const REPLACED = 'replaced by build 3 (changed: server.js)';

test.each<[Partial<PublicStatus>, StatusDetails, string]>([
  [{ status: 'ready' }, {}, 'ready'],
  [{ status: 'ready' }, { explanation: REPLACED }, 'ready'],
  [{ status: 'terminating', termination_reason: 'external', termination_kind: 'soft' }, {}, 'terminating (on request)'],
  [
    { status: 'hard-terminating', termination_reason: 'external', termination_kind: 'hard' },
    {},
    'hard-terminating (on request)',
  ],
  [
    { status: 'terminating', termination_reason: 'external', termination_kind: 'soft' },
    { explanation: REPLACED },
    `terminating (${REPLACED})`,
  ],
  [
    { status: 'terminating', termination_reason: 'swept', termination_kind: 'soft' },
    { explanation: 'no client was connected for 5 s' },
    'terminating (swept: no client was connected for 5 s)',
  ],
  [
    { termination_reason: 'swept', termination_kind: 'soft', exit_error: false },
    {},
    'terminated (swept: no client was connected, or its lifetime limit was reached)',
  ],
  [
    { termination_reason: 'external', termination_kind: 'soft', exit_error: true },
    { exitCode: 143, exitSignal: 'SIGTERM', lastStatus: 'ready' },
    'terminated (on request; SIGTERM, exit code 143)',
  ],
  [
    { termination_reason: 'external', termination_kind: 'hard' },
    { exitCode: 137 },
    'terminated by force (on request; exit code 137)',
  ],
  [
    { termination_reason: 'external', termination_kind: 'soft' },
    { exitCode: 0, explanation: REPLACED },
    `terminated (${REPLACED}; exit code 0)`,
  ],
  [
    { termination_reason: 'external', termination_kind: 'soft' },
    { exitCode: null, exitSignal: null, lastStatus: 'loading' },
    'terminated (on request; not started)',
  ],
  [
    { termination_reason: 'lost', termination_kind: 'hard' },
    { exitCode: null, exitSignal: null, lastStatus: 'ready' },
    'terminated by force (lost: its runtime was lost; exit code unknown)',
  ],
  [{ exit_error: true }, {}, 'terminated (crashed)'],
  [{ exit_error: false }, {}, 'terminated (exited by itself)'],
  [{ exit_error: true }, { exitCode: 9 }, 'terminated (crashed: exit code 9)'],
  [{ exit_error: false }, { exitCode: 0 }, 'terminated (exited by itself: exit code 0)'],
  [{ exit_error: true }, { exitCode: null }, 'terminated (crashed)'],
  [
    { exit_error: true },
    { exitCode: 139, exitSignal: 'SIGSEGV', lastStatus: 'ready' },
    'terminated (crashed: SIGSEGV, exit code 139)',
  ],
  [
    { exit_error: true },
    { exitCode: 137, exitSignal: 'SIGKILL', lastStatus: 'ready', explanation: OUT_OF_MEMORY },
    `terminated (crashed: SIGKILL, exit code 137). ${OUT_OF_MEMORY}`,
  ],
  [{ exit_error: true }, { exitCode: null, lastStatus: 'loading' }, 'terminated (it could not be started)'],
  [{ exit_error: true }, { exitCode: 127, lastStatus: 'starting' }, 'terminated (it could not be started)'],
  [
    { exit_error: true },
    { exitCode: null, lastStatus: 'ready', exitSignal: null },
    'terminated (crashed: exit code unknown)',
  ],
])('%j with %j is described as "%s"', (status, details, words) => {
  expect(describeStatus({ status: 'terminated', time: 't', ...status }, details)).toBe(words);
});

test.each(terminationReasonSchema.options)('the reason %s has a description', (reason) => {
  const name = reason === 'external' ? '' : `${reason}: `;
  expect(describeReason(reason, undefined)).toMatch(new RegExp(`^${name}[a-z ,]+$`, 'i'));
  expect(describeReason(reason, null)).toBe(describeReason(reason, undefined));
  expect(describeReason(reason, 'why')).toBe(`${name}why`);
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
])('exit code %s and signal %s after %s are described as "%s"', (exitCode, exitSignal, lastStatus, words) => {
  expect(describeExit({ exitCode, exitSignal, lastStatus })).toBe(words);
});
