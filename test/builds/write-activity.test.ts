import { describe, expect, test } from 'vitest';
import { WriteActivity } from '../../src/builds/write-activity.js';
import { HandClock } from '../support/hand-clock.js';

const STEP_MS = 20;

/** Lets time pass, with everything that it sets off. */
async function advance(clock: HandClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += STEP_MS) {
    clock.turn(STEP_MS);
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  }
}

/** A backend with what its processes have written, at a clock that a test turns. */
function start() {
  const clock = new HandClock();
  const state = {
    sinceMs: clock.now().getTime() - 5_000,
    printed: 30,
    processes: { '1 a': 100 } as Record<string, number>,
  };
  const backends = new Map([['b', state]]);
  let samples = 0;
  const activity = new WriteActivity(clock, async () => {
    samples += 1;
    return new Map(
      [...backends].map(([id, each]) => [id, { ...each, processes: new Map(Object.entries(each.processes)) }]),
    );
  });
  /** A file is changed now, and that is handled a moment later. */
  const change = async (write: () => unknown = () => undefined) => {
    await advance(clock, 100);
    const changedAtMs = clock.now().getTime();
    write();
    await advance(clock, 60);
    return activity.mayHaveWritten(changedAtMs);
  };
  return { clock, state, backends, change, look: () => activity.look(), sampled: () => samples };
}

/** A process of a backend writes, and a part of that is what it prints. */
function write(state: ReturnType<typeof start>['state'], bytes: number, printed = 0): void {
  state.processes['1 a'] = (state.processes['1 a'] ?? 0) + bytes;
  state.printed += printed;
}

test('of a backend that was not looked at before, nothing is known; later, it may have made a change if it has written meanwhile', async () => {
  const { clock, state, change } = start();
  expect(await change()).toBe(undefined);
  await advance(clock, 1_000);
  expect(await change()).toBe(false);
  await advance(clock, 1_000);
  expect(await change(() => write(state, 10))).toBe(true);
  await advance(clock, 1_000);
  expect(await change(() => write(state, 10, 10))).toBe(false);
  await advance(clock, 1_000);
  expect(await change(() => write(state, 11, 10))).toBe(true);
});

test('what it wrote until it had started does not count, however soon after that a file changes', async () => {
  const { state, change, look, sampled } = start();
  look();
  expect(sampled()).toBe(0);
  await change();
  write(state, 10);
  look();
  expect(await change()).toBe(false);
});

test('what it wrote well before does not count', async () => {
  const { clock, state, change } = start();
  await change();
  write(state, 10);
  await advance(clock, 600);
  expect(await change()).toBe(false);
});

test.each([
  ['a new process', { '1 a': 100, '2 b': 10 }, true],
  ['another process', { '2 b': 100 }, true],
  ['the end of a process', {}, true],
  ['a new process that has written nothing', { '1 a': 100, '2 b': 0 }, false],
])('%s of the same start: whether a change may be its own', async (_, processes, expected) => {
  const { clock, state, change } = start();
  await change();
  await advance(clock, 1_000);
  expect(await change(() => Object.assign(state, { processes }))).toBe(expected);
});

describe('of a backend whose processes were replaced since the last look', () => {
  const replace = ({ clock, state }: ReturnType<typeof start>) =>
    Object.assign(state, { sinceMs: clock.now().getTime(), printed: 0, processes: { '1 a': 0 } });

  test('all that the new ones wrote is known: what they printed is no change', async () => {
    const started = start();
    await started.change();
    replace(started);
    expect(await started.change(() => write(started.state, 20, 20))).toBe(false);
  });

  test('they may have made it if they wrote more than they printed', async () => {
    const started = start();
    await started.change();
    replace(started);
    expect(await started.change(() => write(started.state, 21, 20))).toBe(true);
  });

  test('the earlier ones may have made it if they still ran then', async () => {
    const started = start();
    await started.change();
    await advance(started.clock, 1_000);
    expect(await started.change(() => replace(started))).toBe(true);
  });
});

test('a backend that was never looked at and has only printed has made no change', async () => {
  const { state, change } = start();
  state.printed = 100;
  expect(await change()).toBe(false);
});

test('a backend that has gone since may have made a change', async () => {
  const { clock, backends, change } = start();
  await change();
  await advance(clock, 1_000);
  expect(await change(() => backends.delete('b'))).toBe(true);
});

test('without processes that write, nobody but others has made a change', async () => {
  const { state, change } = start();
  state.processes = {};
  const print = () => {
    state.printed += 10;
  };
  expect(await change(print)).toBe(false);
});

test('it stops looking ten minutes after the last change', async () => {
  const { clock, change, sampled } = start();
  await change();
  await advance(clock, 605_000);
  const count = sampled();
  expect(count).toBeGreaterThan(240);
  await advance(clock, 10_000);
  expect(sampled()).toBe(count);
  expect(await change()).toBe(undefined);
});
