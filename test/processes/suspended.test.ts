import { spawn } from 'node:child_process';
import { expect, onTestFinished, test } from 'vitest';
import { isSuspended } from '../../src/processes/suspended.js';
import { waitFor } from '../support/wait.js';

test.each(['proc', 'ps'] as const)('a process is suspended from SIGSTOP to SIGCONT, by %s', async (source) => {
  const child = spawn('sleep', ['60']);
  onTestFinished(() => void child.kill('SIGKILL'));
  const pid = child.pid ?? 0;
  expect(await isSuspended(pid, source)).toBe(false);
  child.kill('SIGSTOP');
  await waitFor(() => isSuspended(pid, source), 'it to be suspended');
  child.kill('SIGCONT');
  await waitFor(async () => !(await isSuspended(pid, source)), 'it to go on');
});

test.each(['proc', 'ps'] as const)('a missing process is not suspended, by %s', async (source) => {
  expect(await isSuspended(2 ** 22 + 1, source)).toBe(false);
});
