import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { DevServer } from '../../../src/dev-server/dev-server.js';
import { collectEvents, startServer, untilStatus } from '../../support/dev-server.js';
import { post, send } from '../../support/http.js';
import { fixture, makeProject } from '../../support/project.js';
import { living, waitFor } from '../../support/wait.js';

/** The answer of the pool's server. */
interface Answer {
  pid: number;
  assignment?: {
    backend_id: string;
    key: string;
    fencing_token: number | null;
    static_token: string | null;
    env: Record<string, string>;
  };
  environment: Record<string, string>;
  hasSocket: boolean;
}

interface PoolOptions {
  mode?: string;
  warmPool?: number;
  config?: object;
  command?: string;
}

/** A dev server whose service has a warm pool of a fixture that behaves according to the mode. */
async function startPool({ mode = 'good', warmPool = 1, config = {}, command }: PoolOptions = {}) {
  const file = { warmPool, env: { MODE: mode, FIXED: 'by the service' }, ...config };
  const folder = makeProject({ 'jamsocket.config.json': file, 'watched.txt': '1' });
  const server = await startServer({ folder, command: command ?? `node ${fixture('pooled-server.mjs')}` });
  return { server, notices: collectEvents(server, 'notice'), folder };
}

function warm(server: DevServer): number {
  return server.parts.runtime.counts[0]?.warm ?? 0;
}

async function untilWarm(server: DevServer, count: number): Promise<void> {
  await waitFor(() => warm(server) === count, `${count} warm backends`);
}

async function ask(server: DevServer, id: string, url: string): Promise<Answer> {
  await untilStatus(server, id, 'ready');
  return (await send(url)).json() as unknown as Answer;
}

async function connect(server: DevServer, request: Parameters<DevServer['connect']>[0]): Promise<Answer> {
  const { backend_id, url } = await server.connect(request);
  return ask(server, backend_id, url);
}

const CONNECT = (server: DevServer) => `${server.apiUrl}/v2/service/-/default/connect`;
const SESSION_VARIABLES = /^SESSION_BACKEND_/;

function sessionVariables({ environment }: Answer): string[] {
  return Object.keys(environment).filter((name) => SESSION_VARIABLES.test(name));
}

describe('a backend from the pool', () => {
  test('gets everything about its session with the assignment, and nothing before', async () => {
    const { server } = await startPool({ warmPool: 2, config: { useStaticToken: true } });
    await untilWarm(server, 2);
    const env = { GREETING: 'grüße 🙂 "x"\nsecond line', LARGE: 'ü'.repeat(100_000), EMPTY: '' };
    const { backend_id, url } = await server.connect({ key: 'doc-1', spawn: { executable: { env } } });
    const answer = await ask(server, backend_id, url);
    const { fencingToken, staticToken } = server.parts.platform.backend(backend_id).identity;
    expect(answer.assignment).toEqual({
      backend_id,
      key: 'doc-1',
      fencing_token: fencingToken,
      static_token: staticToken,
      env: { ...env, JAMSOCKET_SERVICE: 'default' },
    });
    expect(sessionVariables(answer)).toEqual([]);
    expect(answer.environment).toMatchObject({ FIXED: 'by the service', JAMSOCKET_SERVICE: 'default' });
    expect(Number(answer.environment.PORT)).toBe(server.parts.platform.backend(backend_id).address?.port);
    await untilWarm(server, 2);
    const other = await connect(server, { key: 'doc-2' });
    expect(other.pid).not.toBe(answer.pid);
    expect((await connect(server, { key: 'doc-1' })).pid).toBe(answer.pid);
    const record = readFileSync(join(server.stateFolder, 'servers', `${server.info.run_id}.processes`), 'utf8');
    expect(record).toContain(`"slot":"${answer.environment.JAMDEV_SLOT}","backendId":"${backend_id}"`);
  });

  test.each(['late', 'pieces', 'late-after-ready'])(
    'in the mode %s is ready once it has reported that and listens',
    async (mode) => {
      const { server } = await startPool({ mode });
      await untilWarm(server, 1);
      expect((await connect(server, { key: 'doc-1' })).assignment?.key).toBe('doc-1');
    },
  );

  test('prints into the log of its session, including earlier output', async () => {
    const { server } = await startPool();
    const output = collectEvents(server, 'output');
    await untilWarm(server, 1);
    expect(output).toEqual([]);
    const { pid } = await connect(server, { key: 'doc-1' });
    const lines = () => output.filter(({ source }) => source === 'stdout').flatMap((each) => each.lines.map(String));
    await waitFor(() => lines().length === 2, 'its output');
    expect(lines()).toEqual([`booted ${pid}`, 'assigned to doc-1']);
  });

  test('is used for only one of two concurrent sessions', async () => {
    const { server } = await startPool();
    await untilWarm(server, 1);
    const answers = await Promise.all(['a', 'b'].map((key) => connect(server, { key })));
    expect(answers.filter(({ assignment }) => assignment !== undefined)).toHaveLength(1);
    expect(new Set(answers.map(({ pid }) => pid)).size).toBe(2);
    for (const answer of answers) {
      const isPooled = answer.assignment !== undefined;
      expect([answer.hasSocket, sessionVariables(answer).length > 0]).toEqual([isPooled, !isPooled]);
    }
  });

  test('ends with the dev server, in use or not, and leaves no socket', async () => {
    const { server } = await startPool({ warmPool: 2 });
    await untilWarm(server, 2);
    const used = await connect(server, { key: 'doc-1' });
    await untilWarm(server, 2);
    const pids = poolPids(server);
    await server.close(true);
    expect(await living([used.pid, ...pids])).toEqual([]);
    expect(controlFolders()).toEqual([]);
  });

  test('without `remap8080`, or run by a shell, finds its socket too', async () => {
    const command = `true && node ${fixture('pooled-server.mjs')}`;
    const { server } = await startPool({ command, config: { remap8080: false } });
    await untilWarm(server, 1);
    expect((await connect(server, { key: 'doc-1' })).assignment?.key).toBe('doc-1');
  });
});

describe('a session starts cold', () => {
  const COLD = {
    limits: { spawn: { executable: { resource_limits: { memory_limit_bytes: 2 ** 29 } } } },
    mount: { spawn: { executable: { mount: true } } },
    boot: { spawn: { executable: { env: { NODE_OPTIONS: '' } } } },
  };

  test('if it has limits, a mount, or variables that are read at boot', async () => {
    const { server } = await startPool();
    await untilWarm(server, 1);
    for (const [key, request] of Object.entries(COLD)) {
      const { backend_id, url } = (await post(CONNECT(server), { key, ...request })).json() as Record<string, string>;
      const answer = await ask(server, backend_id ?? '', url ?? '');
      expect([key, answer.assignment, answer.hasSocket]).toEqual([key, undefined, false]);
      expect(answer.environment.SESSION_BACKEND_KEY).toBe(key);
      expect(warm(server)).toBe(1);
    }
  });

  test('if there is no pool', async () => {
    const { server, notices } = await startPool({ warmPool: 0 });
    const answer = await connect(server, { key: 'doc-1' });
    expect([answer.assignment, answer.hasSocket]).toEqual([undefined, false]);
    expect(server.parts.runtime.counts).toEqual([]);
    expect(notices).toEqual([]);
  });

  test('while a pool of newer code warms, and never runs the old code', async () => {
    const { server, folder } = await startPool({ warmPool: 2 });
    await untilWarm(server, 2);
    const old = poolPids(server);
    await waitFor(async () => (await send(`${server.apiUrl}/_jamdev/info`)).json().watching, 'the watcher');
    writeFileSync(join(folder, 'watched.txt'), '2');
    await waitFor(async () => warm(server) === 2 && (await living(old)).length === 0, 'a pool of the new code');
    expect(old).not.toContain((await connect(server, { key: 'doc-1' })).pid);
  });
});

describe('a broken pool causes one remark, and sessions start cold', () => {
  test.each([
    ['exit', /a backend ended with exit code 4 before it reported warmed\..*It printed last: booted \d+/],
    ['crash', /a backend ended with exit code 5 while it waited for a session\./],
    ['hang-up', /a backend closed its control socket while it waited for a session\./],
  ])('%s', async (mode, remark) => {
    const { server, notices } = await startPool({ mode, warmPool: 2 });
    await waitFor(() => notices.length > 0, 'a remark');
    expect(notices[0]?.text).toMatch(/^The warm pool of "default": /);
    expect(notices[0]?.text).toMatch(remark);
    await waitFor(() => warm(server) === 0, 'an empty pool');
    if (mode !== 'exit') {
      const mounted = { key: 'doc-1', spawn: { executable: { mount: true } } };
      const { backend_id, url } = (await post(CONNECT(server), mounted)).json() as Record<string, string>;
      expect((await ask(server, backend_id ?? '', url ?? '')).hasSocket).toBe(false);
    }
    expect(notices).toHaveLength(1);
  });

  test('a command that is not Node.js', async () => {
    const { server, notices } = await startPool({ command: 'python3 -m http.server $PORT' });
    await waitFor(() => notices.length > 0, 'a remark');
    await server.build('again');
    expect(notices.map(({ text }) => text)).toEqual([
      'The warm pool of "default" stays empty: jamdev leads only Node.js programs to their control socket, and "python3 -m http.server $PORT" runs Python. In containers, warm pools work with every program.',
    ]);
  });
});

describe('a session starts cold in the same connect if the backend from the pool', () => {
  test.each([
    ['exit-assigned', 'ended with exit code 6'],
    ['killed-assigned', 'was ended by SIGKILL'],
  ])('ends on its assignment: %s', async (mode, end) => {
    const { server } = await startPool({ mode });
    const remarks = collectEvents(server, 'backend-notice');
    const output = collectEvents(server, 'output');
    await untilWarm(server, 1);
    const answer = await connect(server, { key: 'doc-1' });
    expect([answer.assignment, answer.hasSocket]).toEqual([undefined, false]);
    expect(answer.environment.SESSION_BACKEND_KEY).toBe('doc-1');
    expect(remarks.map(({ text }) => text)).toEqual([
      `The backend from the warm pool ${end} before it reported ready: the session starts without it.`,
    ]);
    const lines = () => output.filter(({ source }) => source === 'stdout').flatMap((each) => each.lines.map(String));
    await waitFor(() => lines().includes(`booted ${answer.pid}`), 'its output');
  });

  test('is stopped before it can read its assignment, also for several sessions at once', async () => {
    const { server } = await startPool({ warmPool: 3 });
    await untilWarm(server, 3);
    const pids = poolPids(server);
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    const sessions = await Promise.all(['a', 'b', 'c'].map((key) => server.connect({ key })));
    const answers = await Promise.all(sessions.map(({ backend_id, url }) => ask(server, backend_id, url)));
    expect(answers.map(({ environment }) => environment.SESSION_BACKEND_KEY)).toEqual(['a', 'b', 'c']);
    expect(answers.map(({ pid }) => pids.includes(pid))).toEqual([false, false, false]);
    expect(await living(pids)).toEqual([]);
  });

  test('is terminated: then it ends and is not replaced', async () => {
    const { server } = await startPool({ mode: 'silent' });
    await untilWarm(server, 1);
    const pids = poolPids(server);
    const { backend_id } = await server.connect({ key: 'doc-1' });
    server.parts.platform.terminate(backend_id, true);
    await untilStatus(server, backend_id, 'terminated');
    expect(await living(pids)).toEqual([]);
  });
});

describe('a session that never gets ready says why', () => {
  test.each([
    ['early', 'It reported ready before it had its assignment, so this is ignored.'],
    ['hang-up-later', 'It closed its control socket before it reported ready'],
  ])('%s', async (mode, reason) => {
    const { server } = await startPool({ mode });
    const remarks = collectEvents(server, 'backend-notice');
    await untilWarm(server, 1);
    const { backend_id, ready_url } = await server.connect({ key: 'doc-1' });
    const page = await send(ready_url, { headers: { accept: 'text/html' } });
    expect(page.text).toMatch(/The warm pool of &quot;default&quot; has [01] of 1 backends warm\./);
    await waitFor(() => remarks.some(({ text }) => text.startsWith(reason)), 'the reason');
    expect(server.parts.platform.backend(backend_id).state.status).toBe('waiting');
  });
});

/** The processes in the pool, found by the variable that marks their places; the test leaves out those of sessions. */
function poolPids(server: DevServer): number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const environment = readFileSync(`/proc/${name}/environ`, 'utf8').split('\0');
      const isOurs = environment.includes(`JAMDEV_RUN=${server.parts.register.marker}`);
      return isOurs && environment.some((each) => each.startsWith('JAMDEV_CONTROL_SOCKET=')) ? [Number(name)] : [];
    } catch {
      // The process has ended in the meantime.
      return [];
    }
  });
}

function controlFolders(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith(`jamdev-sdk-${process.pid}-`));
}
