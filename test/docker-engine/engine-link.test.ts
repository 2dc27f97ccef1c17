import { expect, onTestFinished, test } from 'vitest';
import { EngineLink } from '../../src/docker-engine/engine-link.js';
import { HandClock } from '../support/hand-clock.js';

/** A link whose pings are answered as the test says. */
function makeLink() {
  const clock = new HandClock();
  const state = { answers: true, pings: 0 };
  const seen: string[] = [];
  const link = new EngineLink(async () => {
    state.pings += 1;
    if (!state.answers) throw new Error('no answer');
  }, clock);
  link.events.on('lost', (reason) => seen.push(`lost: ${reason}`));
  link.events.on('restored', (ms) => seen.push(`restored after ${ms} ms`));
  link.open();
  onTestFinished(() => link.close());
  return { clock, state, seen, link };
}

/** Advances time in steps, and waits until all that follows has finished. */
async function pass(clock: HandClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 1_000) {
    clock.turn(1_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('nothing happens as long as the engine answers', async () => {
  const { clock, state, seen, link } = makeLink();
  await pass(clock, 60_000);
  expect(state.pings).toBeGreaterThan(5);
  expect(seen).toEqual([]);
  expect(link.interruptions).toBe(0);
});

test('its loss ends everything open exactly once, and new requests are refused until it answers again', async () => {
  const { clock, state, seen, link } = makeLink();
  const { signal } = link;
  state.answers = false;
  await pass(clock, 20_000);
  expect(seen).toEqual(['lost: no answer']);
  expect(signal.aborted).toBe(true);
  expect(link.signal.aborted).toBe(true);
  state.answers = true;
  await pass(clock, 2_000);
  expect(seen).toHaveLength(2);
  expect(seen[1]).toMatch(/^restored after \d+ ms$/);
  expect(link.signal.aborted).toBe(false);
  expect(link.interruptions).toBe(1);
});

test('after this machine slept, connections are opened again even if the engine answers', async () => {
  const { clock, seen, link } = makeLink();
  await pass(clock, 10_000);
  const { signal } = link;
  clock.turn(3_600_000);
  await pass(clock, 5_000);
  expect(signal.aborted).toBe(true);
  expect(link.signal.aborted).toBe(false);
  expect(link.interruptions).toBe(1);
  expect(seen).toEqual([]);
});

test('a closed link sends no pings', async () => {
  const { clock, state, link } = makeLink();
  await pass(clock, 10_000);
  const { pings } = state;
  link.close();
  await pass(clock, 60_000);
  expect(state.pings).toBe(pings);
});
