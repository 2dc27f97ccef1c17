import { expect, test } from 'vitest';
import type { ProcessBuild } from '../../../src/runtime/runtime.js';
import type { Standby, StandbyPlace } from '../../../src/runtime/standby/standby.js';
import { StandbyPool } from '../../../src/runtime/standby/standby-pool.js';
import { HandClock } from '../../support/hand-clock.js';

const NEVER = new Promise<void>(() => undefined);

/** A standby process that boots when the test says so. */
class ScriptedStandby implements Standby {
  readonly ready: Promise<void>;
  readonly gone: Promise<void>;
  readonly place: StandbyPlace<ProcessBuild>;
  isTakeable = false;
  ended = false;
  killed = false;
  boot: () => void = () => undefined;
  failBoot: (error: Error) => void = () => undefined;
  exit: () => void = () => undefined;

  constructor(place: StandbyPlace<ProcessBuild>) {
    this.place = place;
    this.ready = new Promise((resolve, reject) => {
      this.boot = () => {
        this.isTakeable = true;
        resolve();
      };
      this.failBoot = (error) => {
        reject(error);
        this.exit();
      };
    });
    this.gone = new Promise((resolve) => {
      this.exit = () => {
        this.isTakeable = false;
        resolve();
      };
    });
  }

  end(): void {
    this.ended = true;
    this.isTakeable = false;
  }

  killNow(): void {
    this.killed = true;
  }
}

function makeBuild(number: number, command = `node ${number}.js`): ProcessBuild {
  return { kind: 'process', number, command, cwd: '/', env: {}, remap8080: true };
}

function makePool({ freeMemory = (): number => 1_000 } = {}) {
  const clock = new HandClock();
  const started: ScriptedStandby[] = [];
  const givenUp: string[] = [];
  const pool = new StandbyPool<ProcessBuild, ScriptedStandby>({
    start: (place) => {
      const standby = new ScriptedStandby(place);
      started.push(standby);
      return standby;
    },
    suits: (old, build) => old.command === build.command,
    bytesEach: 100,
    freeMemory,
    clock,
    isOutage: (failure) => failure instanceof Error && failure.message === 'the engine is away',
    onGivenUp: (service) => givenUp.push(service),
    onChange: () => undefined,
  });
  /** Boots the one that was started last. */
  const boot = async () => {
    started.at(-1)?.boot();
    await settle();
  };
  return { pool, clock, started, givenUp, boot };
}

/** Lets everything happen that does not wait for a timer. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

test('keeps the wanted number, and starts one at a time', async () => {
  const { pool, started, boot } = makePool();
  pool.keep('doc', makeBuild(1), 3);
  for (const count of [1, 2, 3, 3]) {
    expect(started.length).toBe(count);
    await boot();
  }
  expect(pool.count('doc')).toEqual({ standing: 3, wanted: 3 });
  expect(started.map(({ place }) => place.slot)).toEqual([0, 1, 2]);
});

test('a standby is taken once, and its place is filled when the session has started', async () => {
  const { pool, clock, started, boot } = makePool();
  const build = makeBuild(1);
  pool.keep('doc', build, 1);
  await boot();
  let serve: () => void = () => undefined;
  const served = new Promise<void>((resolve) => {
    serve = resolve;
  });
  expect(pool.take(build, served)).toBe(started[0]);
  expect(pool.take(build, NEVER)).toBe(undefined);
  await settle();
  expect(started.length).toBe(1);
  serve();
  await settle();
  clock.turn(100);
  expect(started.length).toBe(2);
  expect(started[0]?.ended).toBe(false);
});

test('a standby is not taken for another build, if it does not fit, or before it is ready', async () => {
  const { pool, started, boot } = makePool();
  const build = makeBuild(1);
  pool.keep('doc', build, 1);
  expect(pool.take(build, NEVER)).toBe(undefined);
  await boot();
  expect(pool.take(makeBuild(1), NEVER)).toBe(undefined);
  expect(pool.take(build, NEVER, () => false)).toBe(undefined);
  expect(pool.take(build, NEVER, (standby) => standby === started[0])).toBe(started[0]);
});

test('a new build gets standbys only when those of the old build, which are no longer used, are gone', async () => {
  const { pool, started, boot } = makePool();
  const [old, next] = [makeBuild(1), makeBuild(2)];
  pool.keep('doc', old, 2);
  await boot();
  await boot();
  pool.keep('doc', next, 2);
  expect(started.map(({ ended }) => ended)).toEqual([true, true]);
  expect(pool.take(old, NEVER)).toBe(undefined);
  started[0]?.exit();
  await settle();
  expect(started.length).toBe(2);
  started[1]?.exit();
  await settle();
  expect(started[2]?.place.build).toBe(next);
  expect(started.length).toBe(3);
});

test('later builds do not affect a standby that has been taken', async () => {
  const { pool, started, boot } = makePool();
  const build = makeBuild(1);
  pool.keep('doc', build, 1);
  await boot();
  pool.take(build, NEVER);
  pool.keep('doc', makeBuild(2), 1);
  await pool.close();
  pool.killAll();
  expect(started[0]).toMatchObject({ ended: false, killed: false });
});

test('a standby that crashes while it waits is replaced after a growing delay', async () => {
  const { pool, clock, started, boot } = makePool();
  pool.keep('doc', makeBuild(1), 1);
  const delays: number[] = [];
  for (let crash = 0; crash < 10; crash += 1) {
    const before = started.length;
    await boot();
    started.at(-1)?.exit();
    await settle();
    let waited = 0;
    for (; started.length === before; waited += 250) clock.turn(250);
    delays.push(waited);
  }
  expect(delays).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
});

test('three failed boots are reported once, and the next build tries again', async () => {
  const { pool, clock, started, givenUp } = makePool();
  pool.keep('doc', makeBuild(1), 2);
  for (let failure = 0; failure < 3; failure += 1) {
    started.at(-1)?.failBoot(new Error('broken'));
    await settle();
    clock.turn(60_000);
  }
  clock.turn(600_000);
  expect(started.length).toBe(3);
  expect(givenUp).toEqual(['doc']);
  pool.keep('doc', makeBuild(2), 2);
  expect(started.length).toBe(4);
});

test('fewer are kept while memory is short', async () => {
  let free = 1_000;
  const { pool, clock, started, boot } = makePool({ freeMemory: () => free });
  pool.keep('doc', makeBuild(1), 3);
  await boot();
  free = 399;
  await boot();
  expect(started.length).toBe(2);
  free = 199;
  clock.turn(10_000);
  expect(started.map(({ ended }) => ended)).toEqual([false, true]);
  started[1]?.exit();
  await settle();
  clock.turn(10_000);
  expect(started[0]?.ended).toBe(true);
  started[0]?.exit();
  await settle();
  expect(pool.count('doc')).toEqual({ standing: 0, wanted: 3 });
  free = 1_000;
  clock.turn(10_000);
  expect(started.length).toBe(3);
});

test('0 keeps none and sets no timer', async () => {
  const { pool, clock, started, boot } = makePool();
  const build = makeBuild(1);
  pool.keep('doc', build, 1);
  await boot();
  pool.keep('doc', build, 0);
  expect(started[0]?.ended).toBe(true);
  started[0]?.exit();
  await settle();
  expect(started.length).toBe(1);
  expect(clock.pending).toBe(0);
});

test('a start that fails because of the machine is repeated until it succeeds, and is not counted', async () => {
  const { pool, clock, started, givenUp, boot } = makePool();
  pool.keep('doc', makeBuild(1), 1);
  const fail = async (message: string) => {
    started.at(-1)?.failBoot(new Error(message));
    await settle();
    clock.turn(60_000);
    await settle();
  };
  await fail('a mistake');
  for (const attempts of [3, 4, 5, 6, 7]) {
    await fail('the engine is away');
    expect([started.length, givenUp]).toEqual([attempts, []]);
  }
  await fail('a mistake');
  await boot();
  expect(pool.count('doc')).toEqual({ standing: 1, wanted: 1 });
});

test('services are independent', async () => {
  const { pool, started } = makePool();
  const [doc, chat] = [makeBuild(1), makeBuild(1)];
  pool.keep('doc', doc, 1);
  pool.keep('chat', chat, 1);
  for (const standby of started) standby.boot();
  await settle();
  expect(pool.take(chat, NEVER)?.place.service).toBe('chat');
  pool.keep('doc', makeBuild(2), 1);
  expect(started.map(({ ended }) => ended)).toEqual([true, false]);
});

test('closing ends all standbys, waits until they are gone, and starts no more', async () => {
  const { pool, clock, started, boot } = makePool();
  const build = makeBuild(1);
  pool.keep('doc', build, 2);
  await boot();
  let closed = false;
  const closing = pool.close().then(() => {
    closed = true;
  });
  expect(started.map(({ ended }) => ended)).toEqual([true, true]);
  await settle();
  expect(closed).toBe(false);
  for (const standby of started) standby.failBoot(new Error('ended'));
  await closing;
  pool.keep('doc', makeBuild(2), 2);
  clock.turn(600_000);
  expect(pool.take(build, NEVER)).toBe(undefined);
  expect(started.length).toBe(2);
});

test('killAll kills all running standbys at once', async () => {
  const { pool, started, boot } = makePool();
  pool.keep('doc', makeBuild(1), 1);
  await boot();
  pool.killAll();
  expect(started[0]?.killed).toBe(true);
});

test('a standby that suits the next build can be taken for it, and is replaced afterwards', async () => {
  const { pool, started, boot } = makePool();
  const builds = [1, 2].map((number) => makeBuild(number, 'node server.js'));
  const [first, second] = builds as [ProcessBuild, ProcessBuild];
  pool.keep('doc', first, 2);
  await boot();
  await boot();
  pool.keep('doc', second, 2);
  expect(started.map(({ ended }) => ended)).toEqual([false, false]);
  expect(pool.take(first, NEVER)).toBe(undefined);
  expect(pool.take(second, NEVER)).toBe(started[0]);
  pool.renew('doc');
  expect(started.map(({ ended }) => ended)).toEqual([false, true]);
  // The old one is gone before the new one starts.
  expect(started.length).toBe(2);
  started[1]?.exit();
  await settle();
  expect(started.length).toBe(3);
  expect(started[2]?.place).toMatchObject({ slot: 1, build: second });
  await boot();
  pool.renew('doc');
  expect(started[2]?.ended).toBe(false);
});

test('a standby that does not suit the next build is ended before any for that build start', async () => {
  const { pool, started, boot } = makePool();
  pool.keep('doc', makeBuild(1, 'node one.js'), 1);
  await boot();
  const next = makeBuild(2, 'node two.js');
  pool.keep('doc', next, 1);
  expect(started[0]?.ended).toBe(true);
  expect(pool.take(next, NEVER)).toBe(undefined);
  expect(started.length).toBe(1);
});

test('while backends are replaced nothing starts ahead of time, and unsuitable standbys stay but are not taken', async () => {
  const { pool, clock, started, givenUp, boot } = makePool();
  pool.keep('doc', makeBuild(1, 'node one.js'), 2);
  await boot();
  await boot();
  const next = makeBuild(2, 'node two.js');
  pool.keep('doc', next, 2, true);
  expect(pool.take(next, NEVER)).toBe(undefined);
  expect(pool.count('doc')).toEqual({ standing: 0, wanted: 2 });
  // Not even to replace one that ends.
  started[0]?.exit();
  await settle();
  // Nor for another build in the meantime, even if it suits the newest one.
  const newest = makeBuild(3, 'node two.js');
  pool.keep('doc', newest, 2, true);
  clock.turn(60_000);
  expect(pool.take(newest, NEVER)).toBe(undefined);
  expect(started.map(({ ended }) => ended)).toEqual([false, false]);
  pool.renew('doc');
  expect(started[1]?.ended).toBe(true);
  started[1]?.exit();
  await settle();
  expect(started[2]?.place).toMatchObject({ slot: 0, build: newest });
  await boot();
  expect(started.length).toBe(4);
  await boot();
  expect(pool.take(newest, NEVER)).toBe(started[2]);
  expect(givenUp).toEqual([]);
});

test('an order without a wait overrides one with a wait', async () => {
  const { pool, started, boot } = makePool();
  pool.keep('doc', makeBuild(1, 'node one.js'), 1);
  await boot();
  const next = makeBuild(2, 'node two.js');
  pool.keep('doc', next, 1, true);
  pool.keep('doc', next, 1);
  expect(started[0]?.ended).toBe(true);
  started[0]?.exit();
  await settle();
  expect(started[1]?.place.build).toBe(next);
});
