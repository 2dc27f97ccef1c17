import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { newBackendId } from '../../src/platform/ids.js';
import { endLeftovers } from '../../src/processes/leftovers.js';
import type { ProcessRecord } from '../../src/records/server-records.js';
import { ProcessRuntime } from '../../src/runtime/process/process-runtime.js';
import { waitUntilReady } from '../../src/runtime/readiness.js';
import type { RuntimeBackend } from '../../src/runtime/runtime.js';
import { fixture, makeTempFolder } from '../support/project.js';
import { makeRegister } from '../support/register.js';
import { DEADLINE_MS, living, waitFor } from '../support/wait.js';

interface Started {
  backend: RuntimeBackend;
  /** Its output so far, both streams together. */
  output: () => string;
  /** The pids that it reported. */
  pids: () => Promise<number[]>;
}

const runtimes: { runtime: ProcessRuntime; started: RuntimeBackend[] }[] = [];

afterEach(async () => {
  for (const { runtime, started } of runtimes.splice(0)) {
    for (const backend of started) backend.terminate(true);
    await Promise.all(started.map((backend) => backend.exited));
    await runtime.close();
  }
});

function makeRuntime(noted: ProcessRecord[] = []) {
  const runtime = new ProcessRuntime(makeRegister(noted));
  const started: RuntimeBackend[] = [];
  runtimes.push({ runtime, started });
  return async (command: string, env: Record<string, string> = {}, cwd = makeTempFolder()): Promise<Started> => {
    const backendId = newBackendId();
    let output = '';
    const backend = await runtime.spawn(
      {
        backendId,
        service: 'default',
        key: 'key',
        build: { kind: 'process', number: 1, command, cwd, env: {}, remap8080: false },
        env: { SESSION_BACKEND_ID: backendId, ...env },
        onOutput: (_source, chunk) => {
          output += chunk.toString('latin1');
        },
      },
      new AbortController().signal,
    );
    started.push(backend);
    return {
      backend,
      output: () => output,
      pids: async () => {
        const match = await waitFor(() => /^pids (.*)$/m.exec(output), 'the pids');
        return (match[1] ?? '').split(' ').map(Number);
      },
    };
  };
}

describe('starting', () => {
  test('a backend gets PORT, its environment and the project folder', async () => {
    const spawn = makeRuntime();
    const cwd = makeTempFolder();
    const { backend, output } = await spawn('pwd; echo $PORT $TEST_VALUE', { TEST_VALUE: 'a b' }, cwd);
    await backend.exited;
    expect(output()).toBe(`${cwd}\n${backend.addresses[0]?.port} a b\n`);
  });

  test('a command that does not exist is reported with the places searched', async () => {
    const spawn = makeRuntime();
    await expect(spawn('no-such-program --flag')).rejects.toMatchObject({
      code: 'CommandNotFound',
      message: expect.stringContaining('"no-such-program"'),
    });
  });

  test('a command that is not executable is distinguished from a missing one', async () => {
    const spawn = makeRuntime();
    await expect(spawn('/etc/passwd')).rejects.toMatchObject({ message: expect.stringContaining('EACCES') });
  });

  test('fifty concurrent starts get fifty ports', async () => {
    const spawn = makeRuntime();
    const all = await Promise.all(Array.from({ length: 50 }, () => spawn('sleep 30')));
    const ports = all.map(({ backend }) => backend.addresses[0]?.port);
    expect(new Set(ports).size).toBe(50);
  });

  test('an aborted start leaves no process behind', async () => {
    const noted: ProcessRecord[] = [];
    const runtime = new ProcessRuntime(makeRegister(noted));
    const build = { kind: 'process', number: 1, command: 'sleep 30', cwd: '/', env: {}, remap8080: false } as const;
    const request = { backendId: 'x', service: 's', key: 'k', build, env: {}, onOutput: () => undefined };
    await expect(runtime.spawn(request, AbortSignal.abort(new Error('changed my mind')))).rejects.toThrow('changed');
    expect(noted).toEqual([]);
    await runtime.close();
  });
});

describe('output and exit', () => {
  test('an end by a signal is reported with its name and the shell’s exit code', async () => {
    const spawn = makeRuntime();
    const { backend } = await spawn('kill -SEGV $$');
    expect(await backend.exited).toEqual({ code: 139, signal: 'SIGSEGV' });
  });
});

describe('termination', () => {
  test.runIf(process.platform === 'linux')('a crash counts before this program has been notified of it', async () => {
    const spawn = makeRuntime();
    const { backend, pids } = await spawn('echo pids $$; exec sleep 30');
    const [pid = 0] = await pids();
    expect(backend.ended).toBe(false);
    process.kill(pid, 'SIGKILL');
    // Waits without letting the event loop run, in which the exit would be reported.
    while (!readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')) spawnSync('sleep', ['0.01']);
    expect(backend.ended).toBe(true);
    expect(await backend.exited).toEqual({ code: 137, signal: 'SIGKILL' });
  });

  test('soft: the whole process group gets SIGTERM', async () => {
    const spawn = makeRuntime();
    const { backend, pids } = await spawn(`node ${fixture('family.mjs')} plain-child`);
    const family = await pids();
    backend.terminate(false);
    expect(await backend.exited).toEqual({ code: 143, signal: 'SIGTERM' });
    expect(await living(family)).toEqual([]);
  });

  test('soft: a relative that saves slowly is waited for after the first process has ended', async () => {
    const spawn = makeRuntime();
    const { backend, pids, output } = await spawn(`node ${fixture('family.mjs')} slow-saver`);
    const family = await pids();
    await waitFor(() => output().includes('prepared'), 'the relative to be prepared for SIGTERM');
    backend.terminate(false);
    await backend.exited;
    expect(output()).toContain('saved');
    expect(await living(family)).toEqual([]);
  });

  test.each(['daemon', 'nameless-daemon'])('a %s that left its group and session is found and ended', async (plan) => {
    const spawn = makeRuntime();
    const { backend, pids } = await spawn(`node ${fixture('family.mjs')} ${plan}`);
    const family = await pids();
    backend.terminate(false);
    await backend.exited;
    expect(await living(family)).toEqual([]);
  });

  test('a backend that exits is over when its orphans have ended, by force if necessary', async () => {
    const spawn = makeRuntime();
    const { backend, pids } = await spawn(`node ${fixture('family.mjs')} orphans`);
    const family = await pids();
    expect(await backend.exited).toEqual({ code: 7, signal: null });
    expect(await living(family)).toEqual([]);
  });
});

describe('observations from outside', () => {
  test('reports a backend that listens on a port other than PORT', async () => {
    const spawn = makeRuntime();
    const code = `const s = require('http').createServer().listen(0, () => console.log('pids ' + s.address().port))`;
    const { backend, pids } = await spawn(`node -e "${code}"`);
    const [port] = await pids();
    const text = await backend.explainNotReady();
    expect(text).toContain(`listens on port ${port}`);
    expect(text).toContain(`PORT=${backend.addresses[0]?.port}`);
  });

  test('reports nothing for a backend that listens nowhere or on PORT', async () => {
    const spawn = makeRuntime();
    expect(await (await spawn('sleep 30')).backend.explainNotReady()).toBeUndefined();
    const good = await spawn(`node ${fixture('echo-server.mjs')}`);
    await waitUntilReady(good.backend.addresses, AbortSignal.timeout(DEADLINE_MS));
    expect(await good.backend.explainNotReady()).toBeUndefined();
  });

  test('finds a server that listens only on ::1', async () => {
    const spawn = makeRuntime();
    const { backend } = await spawn(
      `node -e "require('http').createServer((q, s) => s.end()).listen(process.env.PORT, '::1')"`,
    );
    expect(await waitUntilReady(backend.addresses, AbortSignal.timeout(DEADLINE_MS))).toMatchObject({ host: '::1' });
  });
});

describe('leftovers of a killed dev server', () => {
  test('are ended including daemons, but not a process that only has a recorded pid', async () => {
    const noted: ProcessRecord[] = [];
    const spawn = makeRuntime(noted);
    const leftover = await spawn(`node ${fixture('family.mjs')} daemon`);
    const family = await leftover.pids();
    const bystander = await spawn('sleep 30');
    const [record, other] = await waitFor(() => (noted.length === 2 ? noted : undefined), 'the records');
    const samePid = { ...(other as ProcessRecord), backendId: 'someoneelse', startId: 'boot:1' };
    expect(await endLeftovers({ markers: new Set(), roots: [record as ProcessRecord, samePid] })).toEqual({
      ended: 2,
      remaining: [],
    });
    expect(await living(family)).toEqual([]);
    await leftover.backend.exited;
    expect(await living([samePid.pid])).toEqual([samePid.pid]);
    bystander.backend.terminate(true);
  });
});
