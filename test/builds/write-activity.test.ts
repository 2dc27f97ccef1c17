import { expect, test } from 'vitest';
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

/** Processes with what they have written, at a clock that a test turns. */
function start() {
  const clock = new HandClock();
  const state = { processes: ['1 a'], bytes: 100 };
  let samples = 0;
  const activity = new WriteActivity(clock, async () => {
    samples += 1;
    return { processes: new Set(state.processes), bytes: state.bytes };
  });
  /** A file is changed now, and that is handled a moment later. */
  const change = async (write: () => unknown = () => undefined) => {
    await advance(clock, 100);
    const changedAtMs = clock.now().getTime();
    write();
    await advance(clock, 60);
    return activity.mayHaveWritten(changedAtMs);
  };
  return { clock, state, change, sampled: () => samples };
}

test('of a backend that was not looked at before, nothing is known; later, it may have made a change if it has written meanwhile', async () => {
  const { clock, state, change } = start();
  expect(await change()).toBe(undefined);
  await advance(clock, 1_000);
  expect(await change()).toBe(false);
  await advance(clock, 1_000);
  expect(await change(() => Object.assign(state, { bytes: state.bytes + 10 }))).toBe(true);
  await advance(clock, 1_000);
  expect(await change()).toBe(false);
});

test('what it wrote well before does not count', async () => {
  const { clock, state, change } = start();
  await change();
  state.bytes += 10;
  await advance(clock, 600);
  expect(await change()).toBe(false);
});

test.each([
  ['a new process', ['1 a', '2 b']],
  ['another process', ['2 b']],
])('%s may have made a change', async (_, processes) => {
  const { clock, state, change } = start();
  await change();
  await advance(clock, 1_000);
  expect(await change(() => Object.assign(state, { processes }))).toBe(true);
});

test('without processes that write, nobody but others has made a change', async () => {
  const { state, change } = start();
  state.processes = [];
  expect(await change()).toBe(false);
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
