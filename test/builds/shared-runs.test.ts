import { expect, test } from 'vitest';
import { SharedRuns } from '../../src/builds/shared-runs.js';
import { waitFor } from '../support/wait.js';

const NEVER = new AbortController().signal;

/** Runs that end when the test says so. */
function makeRuns() {
  const runs = new SharedRuns<number>();
  const started: { signal: AbortSignal; end: (result: number) => void }[] = [];
  const ask = (details: unknown = '', signal = NEVER, place = 'app') =>
    runs.run(place, details, signal, (runSignal) => {
      return new Promise((resolve) => started.push({ signal: runSignal, end: resolve }));
    });
  const untilStarted = (count: number) => waitFor(() => started.length === count, `run ${count}`);
  return { ask, started, untilStarted };
}

test('services that ask before a run starts share it', async () => {
  const { ask, started, untilStarted } = makeRuns();
  const results = [ask(), ask(), ask()];
  await untilStarted(1);
  started[0]?.end(7);
  expect(await Promise.all(results)).toEqual([7, 7, 7]);
  expect(started).toHaveLength(1);
});

test('a service that asks during a run gets the next one, which starts after its end', async () => {
  const { ask, started, untilStarted } = makeRuns();
  const first = ask();
  await untilStarted(1);
  const later = [ask(), ask()];
  await new Promise((resolve) => setImmediate(resolve));
  expect(started).toHaveLength(1);
  started[0]?.end(1);
  await untilStarted(2);
  started[1]?.end(2);
  expect([await first, ...(await Promise.all(later))]).toEqual([1, 2, 2]);
});

test('other variables need another run, and another place runs at the same time', async () => {
  const { ask, started, untilStarted } = makeRuns();
  const results = [ask('a'), ask('b'), ask('a', NEVER, 'elsewhere')];
  await untilStarted(2);
  started[0]?.end(1);
  started[1]?.end(3);
  await untilStarted(3);
  started[2]?.end(2);
  expect(await Promise.all(results)).toEqual([1, 2, 3]);
});

test('a run is canceled as soon as all its callers have given up, with the reason of the last one', async () => {
  const { ask, started, untilStarted } = makeRuns();
  const [one, two] = [new AbortController(), new AbortController()];
  const results = [ask('', one.signal), ask('', two.signal)];
  await untilStarted(1);
  one.abort('first');
  expect(started[0]?.signal.aborted).toBe(false);
  two.abort('last');
  expect(started[0]?.signal).toMatchObject({ aborted: true, reason: 'last' });
  // The next run starts when the canceled one has ended.
  const next = ask();
  started[0]?.end(1);
  expect(await Promise.all(results)).toEqual([1, 1]);
  await untilStarted(2);
  started[1]?.end(2);
  expect(await next).toBe(2);
});

test('a run that all callers gave up before its start is not joined', async () => {
  const { ask, started, untilStarted } = makeRuns();
  const first = ask();
  await untilStarted(1);
  const controller = new AbortController();
  const gaveUp = ask('', controller.signal);
  controller.abort();
  const next = ask();
  started[0]?.end(1);
  await untilStarted(2);
  expect(started[1]?.signal.aborted).toBe(true);
  started[1]?.end(2);
  await untilStarted(3);
  expect(started[2]?.signal.aborted).toBe(false);
  started[2]?.end(3);
  expect([await first, await gaveUp, await next]).toEqual([1, 2, 3]);
});
