import { describe, expect, test } from 'vitest';
import { parseConnectRequest } from '../../src/contract/requests.js';
import type { Backend } from '../../src/platform/backend.js';
import { toInfoStatus } from '../../src/platform/status-formats.js';
import { fastClock } from '../support/clock.js';
import { HandClock } from '../support/hand-clock.js';
import { send } from '../support/http.js';
import { makePlatform, NO_IMAGES } from '../support/platform.js';
import { fixture } from '../support/project.js';
import { living, waitFor } from '../support/wait.js';

const ECHO = `node ${fixture('echo-server.mjs')}`;

async function connect(setup: ReturnType<typeof makePlatform>, body: object = {}): Promise<Backend> {
  const { backend } = await setup.platform.connect('-', parseConnectRequest(body));
  return backend;
}

function until(backend: Backend, status: string): Promise<unknown> {
  return waitFor(() => backend.history.some((state) => state.status === status), status);
}

describe('Lifecycle', () => {
  describe('an earlier replacement does not explain an end', () => {
    async function replaced(): Promise<Backend> {
      const backend = await connect(makePlatform(ECHO, new HandClock()));
      await until(backend, 'ready');
      const { build } = backend;
      if (build === undefined) throw new Error('it has no build');
      backend.restart({ ...build, number: build.number + 1 }, 'changed: server.js');
      expect(backend.explanation).toBe(`replaced by build ${build.number + 1} (changed: server.js)`);
      await waitFor(() => backend.buildNumber === build.number + 1 && backend.address !== undefined, 'the new process');
      return backend;
    }

    test('on request', async () => {
      const backend = await replaced();
      backend.terminate('external', false);
      expect(backend.explanation).toBeUndefined();
      await until(backend, 'terminated');
      expect(backend.explanation).toBeUndefined();
    });

    test('by a new build, which has its own explanation', async () => {
      const backend = await replaced();
      backend.terminate('external', false, 'replaced by build 9 (jamdev build)');
      await until(backend, 'terminated');
      expect(backend.explanation).toBe('replaced by build 9 (jamdev build)');
    });

    test('of a process that exits', async () => {
      const backend = await replaced();
      await send(`http://127.0.0.1:${backend.address?.port}/crash`).catch(() => undefined);
      await until(backend, 'terminated');
      expect(backend.explanation).toBeUndefined();
    });
  });

  describe('idle backends', () => {
    test('are swept softly after max_idle_seconds, counted from the spawn', async () => {
      const clock = new HandClock();
      const setup = makePlatform(ECHO, clock);
      const backend = await connect(setup, { spawn: { max_idle_seconds: 5 } });
      await until(backend, 'ready');
      clock.turn(4_999);
      expect(backend.state.status).toBe('ready');
      clock.turn(1);
      expect(backend.state).toMatchObject({ status: 'terminating', reason: 'swept' });
      expect(backend.explanation).toBe('no client was connected for 5 s');
      await until(backend, 'terminated');
      expect(backend.state).toMatchObject({ reason: 'swept', kind: 'soft' });
    });

    test('an open connection keeps one alive, and the time starts again at its end', async () => {
      const clock = new HandClock();
      const setup = makePlatform(ECHO, clock);
      const { backend, route } = await setup.platform.connect(
        '-',
        parseConnectRequest({ spawn: { max_idle_seconds: 5 } }),
      );
      await until(backend, 'ready');
      const first = setup.platform.tokens.connect(route, true);
      const second = setup.platform.tokens.connect(route, true);
      clock.turn(60_000);
      first();
      first();
      clock.turn(60_000);
      second();
      clock.turn(4_999);
      expect(backend.state.status).toBe('ready');
      clock.turn(1);
      expect(backend.state.status).toBe('terminating');
    });

    test('one that only plain requests hold stays alive, with one remark that Plane would sweep it', async () => {
      const clock = new HandClock();
      const setup = makePlatform(ECHO, clock);
      const request = parseConnectRequest({ spawn: { max_idle_seconds: 5 } });
      const { backend, route } = await setup.platform.connect('-', request);
      await until(backend, 'ready');
      const notices: string[] = [];
      backend.events.on('notice', (text) => notices.push(text));
      const close = setup.platform.tokens.connect(route, false);
      clock.turn(4_999);
      expect(notices).toEqual([]);
      clock.turn(1);
      clock.turn(60_000);
      expect(notices).toEqual([
        expect.stringContaining('have kept this session alive for 5 s. Plane would sweep it now'),
      ]);
      expect(backend.state.status).toBe('ready');
      close();
      clock.turn(5_000);
      expect(backend.state).toMatchObject({ status: 'terminating', reason: 'swept' });
    });

    test('are swept after five minutes without max_idle_seconds', async () => {
      const clock = new HandClock();
      const backend = await connect(makePlatform(ECHO, clock));
      await until(backend, 'ready');
      clock.turn(299_999);
      expect(backend.state.status).toBe('ready');
      clock.turn(1);
      expect(backend.state.status).toBe('terminating');
    });
  });

  test('a lifetime limit ends a backend softly even while a client is connected', async () => {
    const clock = new HandClock();
    const setup = makePlatform(ECHO, clock);
    const { backend, route } = await setup.platform.connect(
      '-',
      parseConnectRequest({ spawn: { lifetime_limit_seconds: 3_000_000 } }),
    );
    await until(backend, 'ready');
    setup.platform.tokens.connect(route, true);
    clock.turn(2_999_999_999);
    expect(backend.state.status).toBe('ready');
    clock.turn(1);
    expect(backend.state).toMatchObject({ status: 'terminating', reason: 'swept' });
    expect(backend.explanation).toBe('its lifetime limit of 3000000 s was reached');
  });

  test('a backend that never answers is ended hard after 300 seconds', async () => {
    const clock = new HandClock();
    const backend = await connect(makePlatform('sleep 60', clock), { spawn: { max_idle_seconds: 1000 } });
    await until(backend, 'waiting');
    clock.turn(299_999);
    expect(backend.state.status).toBe('waiting');
    clock.turn(1);
    await until(backend, 'terminated');
    expect(backend.state).toMatchObject({ reason: 'startuptimeout', kind: 'hard', lastStatus: 'waiting' });
    expect(backend.history.map(({ status }) => status)).not.toContain('terminating');
  });

  test.each([
    ['soft', false],
    ['hard', true],
  ])('a %s termination while a crashed backend is cleaned up does not hide the crash', async (_kind, hard) => {
    const backend = await connect(makePlatform(`node ${fixture('family.mjs')} orphans`, new HandClock()));
    // Its remaining processes are asked to end, so the backend has exited.
    await waitFor(() => backend.log.lastLines.includes('not yet'), 'its orphan to be asked to end');
    backend.terminate('external', hard);
    expect(backend.state.status).toBe('waiting');
    await until(backend, 'terminated');
    expect(backend.state).toMatchObject({ exitCode: 7, lastStatus: 'waiting' });
    expect(backend.state).not.toHaveProperty('reason');
    const pids = backend.log.lastLines.find((line) => line.startsWith('pids'))?.match(/\d+/g) ?? [];
    expect(pids).toHaveLength(2);
    expect(await living(pids.map(Number))).toEqual([]);
  });

  test('an ignored soft termination turns hard after ten seconds and keeps its reason', async () => {
    const clock = new HandClock();
    const setup = makePlatform(`node ${fixture('family.mjs')} stubborn`, clock);
    const backend = await connect(setup);
    await waitFor(() => backend.log.lastLines.some((line) => line.startsWith('pids')), 'the backend to run');
    backend.terminate('external', false);
    await waitFor(() => backend.log.lastLines.includes('no'), 'SIGTERM to be ignored');
    clock.turn(9_999);
    expect(backend.state.status).toBe('terminating');
    clock.turn(1);
    await until(backend, 'terminated');
    expect(backend.history.map(({ status }) => status).slice(-3)).toEqual([
      'terminating',
      'hard-terminating',
      'terminated',
    ]);
    expect(toInfoStatus(backend.state)).toMatchObject({
      termination_reason: 'external',
      termination_kind: 'hard',
      exit_code: 137,
    });
  });

  test('the grace period of the config applies to each backend spawned under it', async () => {
    const clock = new HandClock();
    let gracePeriodSeconds: number | undefined = 3;
    const stubborn = `node ${fixture('family.mjs')} stubborn`;
    const setup = makePlatform(stubborn, clock, ['default'], {}, NO_IMAGES, () => ({ gracePeriodSeconds }));
    const first = await connect(setup);
    gracePeriodSeconds = undefined;
    const second = await connect(setup);
    for (const backend of [first, second]) {
      await waitFor(() => backend.log.lastLines.some((line) => line.startsWith('pids')), 'the backend to run');
      backend.terminate('external', false);
      await waitFor(() => backend.log.lastLines.includes('no'), 'SIGTERM to be ignored');
    }
    clock.turn(2_999);
    expect(first.state.status).toBe('terminating');
    clock.turn(1);
    await until(first, 'terminated');
    expect(second.state.status).toBe('terminating');
    clock.turn(6_999);
    expect(second.state.status).toBe('terminating');
    clock.turn(1);
    await until(second, 'terminated');
  });

  describe('exits', () => {
    test.each([
      ['exit 0', { exitCode: 0, exitSignal: null }],
      ['exit 4', { exitCode: 4, exitSignal: null }],
      ['kill -KILL $$', { exitCode: 137, exitSignal: 'SIGKILL' }],
    ])('%s is reported with its exit code, without a reason', async (command, expected) => {
      const backend = await connect(makePlatform(command, fastClock(1)));
      await until(backend, 'terminated');
      expect(backend.state).toMatchObject({ ...expected, lastStatus: 'waiting' });
      expect(backend.state).not.toHaveProperty('reason');
    });

    test('a missing command ends the backend, with the reason in its log', async () => {
      const setup = makePlatform('no-such-program', fastClock(1));
      const backend = await connect(setup);
      await until(backend, 'terminated');
      expect(backend.state).toMatchObject({ exitCode: 127, lastStatus: 'starting' });
    });

    test('an exit frees the key', async () => {
      const setup = makePlatform('sleep 0.1', fastClock(1));
      const first = await connect(setup, { key: 'k' });
      await first.gone;
      const second = await connect(setup, { key: 'k' });
      expect(second.id).not.toBe(first.id);
      expect(second.identity.fencingToken).toBeGreaterThan(first.identity.fencingToken);
    });
  });

  test('the remark on a wrong port reaches log and listeners', async () => {
    const command = `node -e "require('http').createServer().listen(0)"`;
    const clock = new HandClock();
    const backend = await connect(makePlatform(command, clock));
    const notices: string[] = [];
    backend.events.on('notice', (text) => notices.push(text));
    await until(backend, 'waiting');
    await waitFor(() => {
      clock.turn(1_000);
      return notices.length > 0;
    }, 'the remark');
    expect(notices[0]).toMatch(/listens on port \d+, but jamdev gave it PORT=\d+/);
  });

  test('closing ends everything and prevents new starts', async () => {
    const setup = makePlatform(ECHO, fastClock(1));
    const backends = await Promise.all([connect(setup), connect(setup), connect(setup)]);
    await Promise.all(backends.map((backend) => until(backend, 'ready')));
    const pids = await Promise.all(
      backends.map(async ({ address }) => {
        const port = address?.port;
        return ((await (await fetch(`http://127.0.0.1:${port}`)).json()) as { pid: number }).pid;
      }),
    );
    expect(await living(pids)).toHaveLength(3);
    const closing = setup.platform.close();
    await expect(connect(setup)).rejects.toMatchObject({ code: 'ShuttingDown' });
    await closing;
    expect(await living(pids)).toEqual([]);
  });

  test('fifty concurrent spawns get fifty processes, each with its own port', async () => {
    const setup = makePlatform(ECHO, fastClock(1));
    const backends = await Promise.all(Array.from({ length: 50 }, () => connect(setup)));
    await Promise.all(backends.map((backend) => backend.reachable(AbortSignal.timeout(100_000))));
    const ports = backends.map(({ address }) => address?.port);
    expect(new Set(ports).size).toBe(50);
    expect(ports).not.toContain(undefined);
  });
});
