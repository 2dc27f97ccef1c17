import { expect, vi } from 'vitest';
import { newBackendId } from '../../../src/platform/ids.js';
import type { ProcessRecord } from '../../../src/records/server-records.js';
import { readNodeCommand } from '../../../src/runtime/process/node-command.js';
import { ProcessRuntime } from '../../../src/runtime/process/process-runtime.js';
import type { Exit, ProcessBuild } from '../../../src/runtime/runtime.js';
import { makeRegister } from '../../support/register.js';
import { waitFor } from '../../support/wait.js';

/** A program to run both ways. */
export interface Program {
  command: string;
  cwd: string;
  /** Variables of the config. */
  env?: Record<string, string>;
  /** Variables of the request. */
  request?: Record<string, string>;
  remap8080?: boolean;
  /** Called when it has printed "ready". Default: it ends by itself. */
  whenReady?(pid: number): void;
}

/** The result of one run. */
export interface Outcome {
  stdout: string;
  stderr: string;
  exit: Exit;
  /** Whether it had been started ahead of time. */
  isWarm: boolean;
}

/** Runs a program once as a backend started as usual, and once as one started ahead of time. */
export async function runBothWays(program: Program): Promise<{ cold: Outcome; warm: Outcome }> {
  return { cold: await run(program, 0), warm: await run(program, 1) };
}

async function run({ command, cwd, env = {}, request = {}, remap8080 = true, whenReady }: Program, warm: number) {
  // Node.js reads that file in another thread, whose descriptor is visible only sometimes.
  vi.stubEnv('NODE_EXTRA_CA_CERTS', undefined);
  const noted: ProcessRecord[] = [];
  const runtime = new ProcessRuntime(makeRegister(noted));
  const build: ProcessBuild = { kind: 'process', number: 1, command, cwd, env, remap8080 };
  try {
    runtime.standBy({ service: 'default', build, warm, warmPool: 0, onRemark: (text) => expect.fail(text) });
    const isPlainNode = !('why' in readNodeCommand(command, cwd, { ...process.env, ...env }));
    if (warm > 0 && isPlainNode) await waitFor(() => noted.length > 0, 'a process that stands by');
    const backendId = newBackendId();
    let [stdout, stderr, isTold] = ['', '', false];
    const backend = await runtime.spawn(
      {
        backendId,
        service: 'default',
        key: 'key',
        build,
        env: { SESSION_BACKEND_ID: backendId, ...request },
        onOutput: (source, chunk) => {
          if (source === 'stdout') stdout += chunk.toString();
          else stderr += chunk.toString();
          if (isTold || !stdout.includes('ready\n')) return;
          isTold = true;
          whenReady?.(pidOf(backendId));
        },
      },
      new AbortController().signal,
    );
    const pidOf = (id: string) => noted.find((record) => record.backendId === id)?.pid ?? 0;
    const exit = await backend.exited;
    const isWarm = noted.some(({ backendId: id, pid }) => id !== backendId && pid === pidOf(backendId));
    const [id, port] = [backendId, String(backend.addresses[0]?.port)];
    const anonymous = (text: string) =>
      text
        .replaceAll(id, 'BACKEND')
        .replaceAll(port, 'PORT')
        .replaceAll(`(node:${pidOf(backendId)})`, '(node:PID)');
    return { stdout: anonymous(stdout), stderr: anonymous(stderr), exit, isWarm };
  } finally {
    vi.unstubAllEnvs();
    await runtime.close();
  }
}
