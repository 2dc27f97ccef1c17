import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { Address, Build, Exit, Runtime, RuntimeBackend, SpawnRequest } from '../../../src/runtime/runtime.js';
import { WarmPools } from '../../../src/runtime/sdk/warm-pools.js';
import { HandClock } from '../../support/hand-clock.js';
import { waitFor } from '../../support/wait.js';

/** The assumed memory of one backend in a pool. */
const BYTES_EACH = 100 * 1024 * 1024;

/** A backend that the test controls. */
class FakeBackend implements RuntimeBackend {
  readonly addresses: readonly Address[] = [{ host: '127.0.0.1', port: 9 }];
  readonly exited: Promise<Exit>;
  readonly stopped: Promise<unknown>;
  readonly disturbed: Promise<void>;
  readonly request: SpawnRequest;
  ended = false;
  /** Simulates that another process interferes with it. */
  disturb!: () => void;
  /** Ends only when the test says so. */
  isStubborn = false;
  socket: Socket | undefined;
  #exit!: (exit: Exit) => void;

  constructor(request: SpawnRequest) {
    this.request = request;
    this.exited = new Promise((resolve) => {
      this.#exit = resolve;
    });
    this.stopped = this.exited;
    this.disturbed = new Promise((resolve) => {
      this.disturb = resolve;
    });
  }

  /** Connects to its control socket and sends a line. */
  async say(message: string): Promise<void> {
    if (this.socket === undefined) {
      this.socket = connect(this.request.controlSocket ?? '').on('error', () => undefined);
      onTestFinished(() => void this.socket?.destroy());
      await once(this.socket, 'connect');
    }
    this.socket.write(`{"message":"${message}"}\n`);
  }

  exit(exit: Exit): void {
    this.ended = true;
    this.#exit(exit);
  }

  terminate(): void {
    if (!this.isStubborn) this.exit({ code: 137, signal: 'SIGKILL' });
  }

  async explainNotReady(): Promise<undefined> {
    return undefined;
  }

  async usage(): Promise<undefined> {
    return undefined;
  }
}

function makeBuild(number: number): Build {
  return { kind: 'process', number, command: 'node server.js', cwd: '/', env: {}, remap8080: true };
}

function makePools({ freeMemory = () => Number.POSITIVE_INFINITY, warms = true } = {}) {
  const clock = new HandClock();
  const started: FakeBackend[] = [];
  const runtime: Runtime = {
    async spawn(request) {
      const backend = new FakeBackend(request);
      started.push(backend);
      if (warms && request.controlSocket !== undefined) await backend.say('Warmed');
      return backend;
    },
    killAll: () => undefined,
    cleared: async () => undefined,
    close: async () => undefined,
  };
  const notes: string[] = [];
  const remarks: string[] = [];
  const pools = new WarmPools(runtime, {
    clock,
    freeMemory,
    noteAssignment: (slot, id) => notes.push(`${slot} ${id}`),
  });
  onTestFinished(() => pools.close());
  const keep = (build: Build, warmPool: number) =>
    pools.standBy({ service: 'default', build, warm: 0, warmPool, onRemark: (text) => remarks.push(text) });
  const living = () => started.filter(({ ended }) => !ended);
  const untilWarm = (count: number) => waitFor(() => pools.counts[0]?.warm === count, `${count} warm backends`);
  return { clock, started, living, pools, keep, notes, remarks, untilWarm };
}

function request(build: Build, more: Partial<SpawnRequest> = {}): SpawnRequest {
  return { backendId: 'b', service: 'default', key: 'k', build, env: {}, onOutput: () => undefined, ...more };
}

const signal = new AbortController().signal;

test.each([1, 16])('a pool of %i is filled one backend at a time, up to its size', async (size) => {
  const { pools, keep, untilWarm, started, living } = makePools();
  keep(makeBuild(1), size);
  expect(started.length).toBeLessThanOrEqual(1);
  await untilWarm(size);
  expect(living()).toHaveLength(size);
  expect(new Set(started.map(({ request: { backendId } }) => backendId)).size).toBe(size);
  expect(pools.counts).toEqual([{ service: 'default', warm: size, size }]);
  expect(started[0]?.request).toMatchObject({ key: '', env: { JAMSOCKET_SERVICE: 'default' } });
});

test('fewer backends are kept when memory is short', async () => {
  let free = BYTES_EACH * 3;
  const { clock, pools, keep, untilWarm, living } = makePools({ freeMemory: () => free });
  keep(makeBuild(1), 2);
  expect(living()).toEqual([]);
  expect(pools.counts).toEqual([{ service: 'default', warm: 0, size: 2 }]);
  free = BYTES_EACH * 8;
  clock.turn(10_000);
  await untilWarm(2);
  free = 0;
  clock.turn(10_000);
  await waitFor(() => living().length === 1, 'one to be ended');
});

test('an older build gets no backend, even while the pool still warms', async () => {
  const { pools, keep, untilWarm, started } = makePools();
  const [old, next] = [makeBuild(1), makeBuild(2)];
  keep(old, 1);
  await untilWarm(1);
  keep(next, 1);
  const cold = (await pools.spawn(request(old), signal)) as FakeBackend;
  expect(cold.request.controlSocket).toBeUndefined();
  await untilWarm(1);
  expect(started[0]?.ended).toBe(true);
  expect((await pools.spawn(request(old), signal)).reportedReady).toBeUndefined();
  expect((await pools.spawn(request(next), signal)).reportedReady).toBeDefined();
});

test('one of two requests for the last backend gets it; its place is recorded first and filled when it is ready', async () => {
  const { clock, pools, keep, untilWarm, started, notes, living } = makePools();
  const build = makeBuild(1);
  keep(build, 1);
  await untilWarm(1);
  const [first, second] = await Promise.all(
    ['a', 'b'].map((backendId) => pools.spawn(request(build, { backendId }), signal)),
  );
  expect([first?.reportedReady === undefined, second?.reportedReady === undefined]).toEqual([false, true]);
  expect(notes).toEqual([`${started[0]?.request.backendId} a`]);
  expect(living()).toHaveLength(2);
  await started[0]?.say('Ready');
  first?.answered?.();
  await waitFor(() => {
    // The next one starts a moment later.
    clock.turn(100);
    return pools.counts[0]?.warm === 1;
  }, 'the place to be filled');
  expect(living()).toHaveLength(3);
});

test.each([
  ['limits', { limits: { memory_limit_bytes: 1 } }],
  ['a mount', { mount: true }],
  ['a named mount', { mount: 'data' }],
  ['another service', { service: 'made-by-the-api' }],
  ['a boot variable', { env: { NODE_OPTIONS: '--inspect' } }],
  ['another boot variable', { env: { TZ: 'UTC' } }],
])('a request with %s is not served by the pool', async (_, more) => {
  const { pools, keep, untilWarm } = makePools();
  const build = makeBuild(1);
  keep(build, 1);
  await untilWarm(1);
  expect((await pools.spawn(request(build, more), signal)).reportedReady).toBeUndefined();
  expect(
    (await pools.spawn(request(build, { limits: { memory_limit_bytes: undefined }, mount: false }), signal))
      .reportedReady,
  ).toBeDefined();
});

test('a backend that does not report ready causes a remark after 5 s', async () => {
  const { clock, pools, keep, untilWarm } = makePools();
  const build = makeBuild(1);
  keep(build, 1);
  await untilWarm(1);
  const backend = await pools.spawn(request(build), signal);
  clock.turn(4_999);
  expect(await backend.explainNotReady()).toBe(undefined);
  clock.turn(1);
  expect(await backend.explainNotReady()).toMatch(/^It has its assignment, but has not reported ready\./);
});

test('a backend that does not report warmed causes a remark after 30 s, and is ended without a successor after 300 s', async () => {
  const { clock, keep, remarks, started, pools } = makePools({ warms: false });
  keep(makeBuild(1), 2);
  await waitFor(() => started.length === 1, 'a start');
  clock.turn(29_999);
  expect(remarks).toEqual([]);
  clock.turn(1);
  expect(remarks).toEqual([
    expect.stringMatching(/has not reported warmed within 30 s\..*@jamsocket\/session-backend.*"warmPool" to 0/),
  ]);
  clock.turn(270_000);
  expect(remarks).toHaveLength(2);
  expect(remarks[1]).toContain('was ended');
  await waitFor(() => started[0]?.ended, 'its end');
  clock.turn(3_600_000);
  expect([started.length, pools.counts]).toEqual([1, [{ service: 'default', warm: 0, size: 0 }]]);
  keep(makeBuild(2), 2);
  await waitFor(() => started.length === 2, 'another start for the next build');
});

test('a backend that connects but never reports gets its own remark, and a late one is used', async () => {
  const { clock, keep, remarks, started, untilWarm } = makePools({ warms: false });
  keep(makeBuild(1), 1);
  await waitFor(() => started.length === 1, 'a start');
  await started[0]?.say('Hello');
  // A line is read some time after it was sent.
  await waitFor(() => started[0]?.socket?.bytesWritten, 'the line');
  clock.turn(31_000);
  expect(remarks[0]).toMatch(/did not send \{"message":"Warmed"\}/);
  await started[0]?.say('Warmed');
  await untilWarm(1);
  clock.turn(600_000);
  expect([started.length, remarks.length]).toEqual([1, 1]);
});

test('several backends that end while they wait cause one remark, and no other after a session was served', async () => {
  const { clock, pools, keep, untilWarm, started, remarks } = makePools();
  const build = makeBuild(1);
  keep(build, 1);
  for (let crashes = 1; crashes <= 3; crashes += 1) {
    await untilWarm(1);
    started.at(-1)?.exit({ code: 1, signal: null });
    await waitFor(() => pools.counts[0]?.warm === 0, 'an empty pool');
    // It is replaced after a growing delay.
    clock.turn(2_000);
  }
  expect(remarks).toEqual([expect.stringContaining('a backend ended with exit code 1 while it waited for a session')]);
  await untilWarm(1);
  await pools.spawn(request(build), signal);
  expect(remarks).toHaveLength(1);
});

test('an assignment has the id, key, tokens and variables of the session', async () => {
  const { pools, keep, untilWarm, started } = makePools();
  const build = makeBuild(1);
  keep(build, 1);
  await untilWarm(1);
  let text = '';
  started[0]?.socket?.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  const env = { SESSION_BACKEND_ID: 'b', SESSION_BACKEND_KEY: 'k', SESSION_BACKEND_FENCING_TOKEN: '17', A: 'ü' };
  await pools.spawn(request(build, { env: { ...env, SESSION_BACKEND_STATIC_TOKEN: 's.x' } }), signal);
  await waitFor(() => text.endsWith('\n'), 'the assignment');
  expect(JSON.parse(text)).toEqual({
    message: {
      BackendAssignment: { backend_id: 'b', key: 'k', fencing_token: 17, static_token: 's.x', env: { A: 'ü' } },
    },
  });
});

test('a backend that is disturbed while it waits is used for no session and replaced', async () => {
  const { pools, keep, untilWarm, started, remarks, clock } = makePools();
  const build = makeBuild(1);
  keep(build, 1);
  await untilWarm(1);
  for (const each of started) each.isStubborn = true;
  started[0]?.disturb();
  await waitFor(() => pools.counts[0]?.warm === 0, 'it to be out of the pool');
  expect((await pools.spawn(request(build), signal)) === started[1]).toBe(true);
  started[0]?.exit({ code: 137, signal: 'SIGKILL' });
  await waitFor(() => remarks.length > 0, 'the remark');
  expect(remarks).toEqual([
    expect.stringMatching(/: a backend was paused or got a signal from outside while it waited for a session\. /),
  ]);
  await waitFor(() => {
    clock.turn(1_000);
    return pools.counts[0]?.warm === 1;
  }, 'another one');
});

test('a backend that is disturbed before it is ready is not used for the session, whatever it still reports', async () => {
  const { pools, keep, untilWarm, started } = makePools();
  const build = makeBuild(1);
  keep(build, 1);
  await untilWarm(1);
  const [pooled] = started;
  if (pooled === undefined) throw new Error('nothing was started');
  const listener = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void listener.close());
  await once(listener, 'listening');
  Object.assign(pooled, { addresses: [{ host: '127.0.0.1', port: (listener.address() as AddressInfo).port }] });
  pooled.isStubborn = true;
  const backend = await pools.spawn(request(build), signal);
  let isReady = false;
  void backend.reportedReady?.then(() => {
    isReady = true;
  });
  pooled.disturb();
  await pooled.say('Ready');
  // The pool connected to it after that report.
  await once(listener, 'connection');
  await new Promise((resolve) => setImmediate(resolve));
  expect(isReady).toBe(false);
  pooled.exit({ code: 137, signal: 'SIGKILL' });
  await waitFor(() => started.length > 1 && started.at(-1)?.request.backendId === 'b', 'one that is started cold');
});
