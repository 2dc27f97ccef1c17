import { describe, expect, test } from 'vitest';
import { WriteActivity } from '../../src/builds/write-activity.js';
import { HandClock } from '../support/hand-clock.js';

const STEP_MS = 20;

/** Advances the clock and runs everything that is then due. */
async function advance(clock: HandClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += STEP_MS) {
    clock.turn(STEP_MS);
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  }
}

/** A backend with the bytes its processes have written, on a clock that the test turns. */
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
  /** Changes a file now, and asks about it a moment later. */
  const change = async (write: () => unknown = () => undefined) => {
    await advance(clock, 100);
    const changedAtMs = clock.now().getTime();
    write();
    await advance(clock, 60);
    return activity.mayHaveWritten(changedAtMs);
  };
  return { clock, state, backends, change, look: () => activity.look(), sampled: () => samples };
}

/** Makes a process of a backend write, partly to its output. */
function write(state: ReturnType<typeof start>['state'], bytes: number, printed = 0): void {
  state.processes['1 a'] = (state.processes['1 a'] ?? 0) + bytes;
  state.printed += printed;
}

test('nothing is known of a backend before its first sample; later, it may have made a change if it wrote more than it printed', async () => {
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

test('writes before the end of the start do not count, however soon afterwards a file changes', async () => {
  const { state, change, look, sampled } = start();
  look();
  expect(sampled()).toBe(0);
  await change();
  write(state, 10);
  look();
  expect(await change()).toBe(false);
});

test('writes long before the change do not count', async () => {
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
])('%s since the last sample: whether the backend may have made the change', async (_, processes, expected) => {
  const { clock, state, change } = start();
  await change();
  await advance(clock, 1_000);
  expect(await change(() => Object.assign(state, { processes }))).toBe(expected);
});

describe('a backend whose processes were replaced since the last sample', () => {
  const replace = ({ clock, state }: ReturnType<typeof start>) =>
    Object.assign(state, { sinceMs: clock.now().getTime(), printed: 0, processes: { '1 a': 0 } });

  test('did not make the change if the new ones wrote only what they printed', async () => {
    const started = start();
    await started.change();
    replace(started);
    expect(await started.change(() => write(started.state, 20, 20))).toBe(false);
  });

  test('may have made the change if the new ones wrote more than they printed', async () => {
    const started = start();
    await started.change();
    replace(started);
    expect(await started.change(() => write(started.state, 21, 20))).toBe(true);
  });

  test('may have made the change if the earlier ones were still running at that time', async () => {
    const started = start();
    await started.change();
    await advance(started.clock, 1_000);
    expect(await started.change(() => replace(started))).toBe(true);
  });
});

test('a backend that was never sampled and has only printed did not make the change', async () => {
  const { state, change } = start();
  state.printed = 100;
  expect(await change()).toBe(false);
});

test('a backend that has ended since then may have made the change', async () => {
  const { clock, backends, change } = start();
  await change();
  await advance(clock, 1_000);
  expect(await change(() => backends.delete('b'))).toBe(true);
});

test('without processes that write, the change comes from elsewhere', async () => {
  const { state, change } = start();
  state.processes = {};
  const print = () => {
    state.printed += 10;
  };
  expect(await change(print)).toBe(false);
});

test('sampling stops ten minutes after the last change', async () => {
  const { clock, change, sampled } = start();
  await change();
  await advance(clock, 605_000);
  const count = sampled();
  expect(count).toBeGreaterThan(240);
  await advance(clock, 10_000);
  expect(sampled()).toBe(count);
  expect(await change()).toBe(undefined);
});
