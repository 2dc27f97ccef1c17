import { setImmediate as turnOfEvents } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Starts } from '../../../src/runtime/docker/starts.js';
import { HandClock } from '../../support/hand-clock.js';

/** Waits for starts. @returns whether the wait is over */
function wait(starts: Starts): () => boolean {
  let isOver = false;
  void starts.over().then(() => {
    isOver = true;
  });
  return () => isOver;
}

test('what can wait does so until the last start is over, also one that began meanwhile', async () => {
  const starts = new Starts(new HandClock());
  const [endFirst, endSecond] = [starts.begin(), starts.begin()];
  const isOver = wait(starts);
  endFirst();
  await turnOfEvents();
  const endThird = starts.begin();
  endSecond();
  await turnOfEvents();
  expect(isOver()).toBe(false);
  endThird();
  endThird();
  await turnOfEvents();
  expect(isOver()).toBe(true);
});

test('it does not wait for what never answers', async () => {
  const clock = new HandClock();
  const starts = new Starts(clock);
  starts.begin();
  const isOver = wait(starts);
  clock.turn(1_999);
  await turnOfEvents();
  expect(isOver()).toBe(false);
  clock.turn(1);
  await turnOfEvents();
  expect(isOver()).toBe(true);
});

test('without a start there is nothing to wait for', async () => {
  const clock = new HandClock();
  await new Starts(clock).over();
  expect(clock.pending).toBe(0);
});
