import { expect, test } from 'vitest';
import { runCheck } from '../../../../src/cli/commands/doctor/checks.js';
import { fine } from '../../../../src/cli/commands/doctor/finding.js';
import { dockerErrors } from '../../../../src/docker-engine/docker-errors.js';

test('a check returns one finding, several or none', async () => {
  expect(await runCheck('x', 1_000, () => fine('x', 'one'))).toMatchObject([{ text: 'one' }]);
  expect(await runCheck('x', 1_000, async () => [fine('x', 'one'), fine('x', 'two')])).toHaveLength(2);
  expect(await runCheck('x', 1_000, () => [])).toEqual([]);
});

test('a check that hangs is aborted and reported', async () => {
  let given: AbortSignal | undefined;
  const found = await runCheck('x', 50, (signal) => {
    given = signal;
    return new Promise(() => undefined);
  });
  expect(found).toEqual([{ check: 'x', status: 'warning', text: 'No answer within 0.05 s.', remedy: '' }]);
  expect(given?.aborted).toBe(true);
});

test('a known error is a failure with its message, and an unknown one only a warning', async () => {
  const known = await runCheck('x', 1_000, () => {
    throw dockerErrors.dockerMissing();
  });
  expect(known).toMatchObject([{ check: 'x', status: 'failure', text: dockerErrors.dockerMissing().message }]);
  const unknown = await runCheck('x', 1_000, async () => {
    throw new Error('EMFILE');
  });
  expect(unknown).toMatchObject([{ check: 'x', status: 'warning', text: expect.stringContaining('EMFILE') }]);
});
