import { expect, onTestFinished, test } from 'vitest';
import { newBackendId } from '../../../src/platform/ids.js';
import type { ProcessRecord } from '../../../src/records/server-records.js';
import { ProcessRuntime } from '../../../src/runtime/process/process-runtime.js';
import { HandClock } from '../../support/hand-clock.js';
import { makeProject } from '../../support/project.js';
import { makeRegister } from '../../support/register.js';
import { living, waitFor } from '../../support/wait.js';

/** Starts a session from a standby process that is stopped, and waits for its assignment. */
async function startFromStuck() {
  const noted: ProcessRecord[] = [];
  // By this clock, the process is never given up.
  const runtime = new ProcessRuntime(makeRegister(noted), undefined, new HandClock());
  onTestFinished(() => runtime.close());
  const cwd = makeProject({ 'a.cjs': '' });
  const build = { kind: 'process', number: 1, command: 'node a.cjs', cwd, env: {}, remap8080: true } as const;
  runtime.standBy({ service: 'default', build, warm: 1, warmPool: 0, onRemark: () => undefined });
  const { pid } = await waitFor(() => noted[0], 'a process that stands by');
  process.kill(pid, 'SIGSTOP');
  const session = { backendId: newBackendId(), service: 'default', key: 'key', env: {}, onOutput: () => undefined };
  const controller = new AbortController();
  const starting = runtime.spawn({ ...session, build }, controller.signal);
  await waitFor(() => noted.some(({ backendId }) => backendId === session.backendId), 'the assignment');
  return { runtime, pid, starting, controller };
}

test('a session can be ended while the standby process that it was to start from is stuck', async () => {
  const { pid, starting, controller } = await startFromStuck();
  controller.abort(new Error('changed my mind'));
  await expect(starting).rejects.toThrow('changed my mind');
  await waitFor(async () => (await living([pid])).length === 0, 'the end of the process');
});

test('killAll also kills a standby process that is being assigned to a session', async () => {
  const { runtime, pid, starting } = await startFromStuck();
  runtime.killAll();
  await waitFor(async () => (await living([pid])).length === 0, 'the end of the process');
  // A program that continues nonetheless gets a working session.
  const backend = await starting;
  expect(backend.startKind).toBe('cold');
  expect(await backend.exited).toMatchObject({ code: 0 });
});
