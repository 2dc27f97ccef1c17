import { expect, onTestFinished, test } from 'vitest';
import { newBackendId } from '../../../src/platform/ids.js';
import type { ProcessRecord } from '../../../src/records/server-records.js';
import { ProcessRuntime } from '../../../src/runtime/process/process-runtime.js';
import { makeProject } from '../../support/project.js';
import { makeRegister } from '../../support/register.js';
import { living, waitFor } from '../../support/wait.js';

test('a session can be ended while the standby process that it was to start from is stuck', async () => {
  const noted: ProcessRecord[] = [];
  const runtime = new ProcessRuntime(makeRegister(noted));
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
  controller.abort(new Error('changed my mind'));
  await expect(starting).rejects.toThrow('changed my mind');
  await waitFor(async () => (await living([pid])).length === 0, 'the end of the process');
});
