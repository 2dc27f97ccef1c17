import { existsSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { newBackendId } from '../../../src/platform/ids.js';
import { PipePool } from '../../../src/processes/pipe-pool.js';
import { listProcesses } from '../../../src/processes/process-table.js';
import type { ProcessRecord } from '../../../src/records/server-records.js';
import { ProcessRuntime } from '../../../src/runtime/process/process-runtime.js';
import { HandClock } from '../../support/hand-clock.js';
import { makeProject } from '../../support/project.js';
import { makeRegister } from '../../support/register.js';
import { waitFor } from '../../support/wait.js';

/** The process to stop. */
const STOPPED = ['node app.cjs', 'npm start', 'npm start, before it stands by'];

/** Detects that a process started by a package runner stands by: the folder with its pipes is then removed. */
class WatchedPipes extends PipePool {
  #folder: string | undefined;

  get standsBy(): boolean {
    return this.#folder !== undefined && !existsSync(this.#folder);
  }

  override async makeFolder(): Promise<string> {
    this.#folder = await super.makeFolder();
    return this.#folder;
  }
}

/** A runtime with one process started ahead of time, which is stopped with all its descendants, unnoticed. */
async function stopAhead(stopped: string) {
  const [command = '', phase] = stopped.split(', ');
  const cwd = makeProject({
    'package.json': { scripts: { start: 'node app.cjs' } },
    'app.cjs': "console.log('ready'); setInterval(() => undefined, 1e6);",
  });
  const clock = new HandClock();
  const noted: ProcessRecord[] = [];
  const pipes = new WatchedPipes();
  const runtime = new ProcessRuntime(makeRegister(noted), pipes, clock);
  onTestFinished(() => runtime.close());
  const build = { kind: 'process', number: 1, command, cwd, env: {}, remap8080: true } as const;
  runtime.standBy({ service: 'default', build, warm: 1, warmPool: 0, onRemark: (text) => expect.fail(text) });
  const { pid: leader } = await waitFor(() => noted[0], 'a process ahead of time');
  const group = async () => (await listProcesses()).filter(({ pgid, zombie }) => pgid === leader && !zombie);
  const signal = (name: NodeJS.Signals) => process.kill(-leader, name);
  if (command === 'npm start' && phase === undefined) await waitFor(() => pipes.standsBy, 'the process of the script');
  signal('SIGSTOP');
  const backendId = newBackendId();
  let printed = '';
  const spawning = runtime.spawn(
    {
      backendId,
      service: 'default',
      key: 'key',
      build,
      env: { SESSION_BACKEND_ID: backendId },
      onOutput: (_, chunk) => {
        printed += chunk.toString();
      },
    },
    new AbortController().signal,
  );
  // It is assigned to the session and does not answer.
  if (phase === undefined) await waitFor(() => noted.some((each) => each.backendId === backendId), 'the assignment');
  return { clock, spawning, group, printed: () => printed };
}

test('fails a session with variables that no program can start with, whether a process stands by or not', async () => {
  const cwd = makeProject({ 'app.cjs': '' });
  const noted: ProcessRecord[] = [];
  const runtime = new ProcessRuntime(makeRegister(noted));
  onTestFinished(() => runtime.close());
  const build = { kind: 'process', number: 1, command: 'node app.cjs', cwd, env: {}, remap8080: true } as const;
  const request = {
    service: 'default',
    key: 'key',
    build,
    onOutput: () => undefined,
    env: { LARGE: 'x'.repeat(2 ** 23) },
  };
  const spawn = () => runtime.spawn({ ...request, backendId: newBackendId() }, new AbortController().signal);
  await expect(spawn()).rejects.toThrow(/LARGE/);
  runtime.standBy({ service: 'default', build, warm: 1, warmPool: 0, onRemark: (text) => expect.fail(text) });
  await waitFor(() => noted.length > 0, 'a process ahead of time');
  await expect(spawn()).rejects.toThrow(/LARGE/);
});

describe('a stopped standby process', () => {
  test.each(STOPPED)('%s: is given up, and is gone before the session starts without it', async (stopped) => {
    const { clock, spawning, group, printed } = await stopAhead(stopped);
    let left: number | undefined;
    const starting = spawning.then(async (backend) => {
      left = (await group()).length;
      return backend;
    });
    await waitFor(() => {
      clock.turn(1_000);
      return left !== undefined;
    }, 'the session to start');
    const backend = await starting;
    expect([left, backend.startKind]).toEqual([0, 'cold']);
    await waitFor(() => printed().includes('ready'), 'it to be ready');
    backend.terminate(true);
    await backend.exited;
  });
});
