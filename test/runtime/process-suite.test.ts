import { afterEach } from 'vitest';
import { newBackendId } from '../../src/platform/ids.js';
import { ProcessRuntime } from '../../src/runtime/process/process-runtime.js';
import type { RuntimeBackend } from '../../src/runtime/runtime.js';
import { fixture, makeTempFolder } from '../support/project.js';
import { makeRegister } from '../support/register.js';
import { living } from '../support/wait.js';
import { describeRuntime } from './runtime-suite.js';

const running: { runtime: ProcessRuntime; backend: RuntimeBackend }[] = [];

afterEach(async () => {
  for (const { runtime, backend } of running.splice(0)) {
    backend.terminate(true);
    await backend.exited;
    await runtime.close();
  }
});

describeRuntime('child processes', {
  async start(command, env = {}, signal = new AbortController().signal) {
    const runtime = new ProcessRuntime(makeRegister());
    const backendId = newBackendId();
    const chunks: Buffer[] = [];
    const request = {
      backendId,
      service: 'default',
      key: 'key',
      build: { kind: 'process', number: 1, command, cwd: makeTempFolder(), env: {}, remap8080: false },
      env: { SESSION_BACKEND_ID: backendId, ...env },
      onOutput: (_source: unknown, chunk: Buffer) => void chunks.push(chunk),
    } as const;
    const backend = await runtime.spawn(request, signal).catch(async (error) => {
      await runtime.close();
      throw error;
    });
    running.push({ runtime, backend });
    return { backend, output: () => Buffer.concat(chunks).toString('latin1') };
  },
  fixture,
  portOf: ({ backend }) => backend.addresses[0]?.port ?? 0,
  async remainsOf({ output }) {
    const pids = /^pids (.*)$/m.exec(output())?.[1]?.split(' ').map(Number) ?? [];
    return living(pids);
  },
});
