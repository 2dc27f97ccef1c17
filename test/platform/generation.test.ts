import { describe, expect, onTestFinished, test } from 'vitest';
import { Generation } from '../../src/platform/generation.js';
import { UsageGauge } from '../../src/platform/usage-gauge.js';
import type { SpawnRequest } from '../../src/runtime/runtime.js';
import { HandClock } from '../support/hand-clock.js';
import { ScriptedRuntime, type ScriptedStart } from '../support/scripted-runtime.js';
import { waitFor } from '../support/wait.js';

const GRACE_PERIOD_MS = 7_000;
const REQUEST: SpawnRequest = {
  backendId: 'abc',
  service: 'doc',
  key: 'key',
  build: { kind: 'process', number: 1, command: 'serve', cwd: '/', env: {}, remap8080: false },
  env: {},
  onOutput: () => undefined,
};

function begin(): { generation: Generation; start: ScriptedStart; clock: HandClock; happened: string[] } {
  const clock = new HandClock();
  const runtime = new ScriptedRuntime(clock);
  onTestFinished(() => runtime.close());
  const happened: string[] = [];
  const generation = new Generation(
    REQUEST,
    { runtime, clock, gracePeriodMs: GRACE_PERIOD_MS, usage: new UsageGauge(clock) },
    {
      waiting: () => happened.push('waiting'),
      addressChanged: (address) => happened.push(address === undefined ? 'unreachable' : 'ready'),
      silenceChanged: () => undefined,
      startTimedOut: () => happened.push('start timed out'),
      softTimeOver: () => happened.push('soft time over'),
    },
  );
  const [start] = runtime.starts;
  if (start === undefined) throw new Error('nothing was started');
  return { generation, start, clock, happened };
}

async function ready(): Promise<ReturnType<typeof begin>> {
  const setup = begin();
  await setup.start.succeed();
  setup.start.process?.answer();
  await waitFor(() => setup.generation.address !== undefined, 'the first answer');
  return setup;
}

function demandsOf({ process }: ScriptedStart): string[] {
  return process?.demands.map(({ kind }) => kind) ?? [];
}

describe('a process that is replaced', () => {
  test('gets no new requests, and is asked to end once it has answered the previous ones', async () => {
    const { generation, start, happened } = await ready();
    const [first, second] = [generation.requestSent(), generation.requestSent()];
    generation.retire();
    expect(generation.address).toBeUndefined();
    expect(happened).toEqual(['waiting', 'ready', 'unreachable']);
    first();
    expect(demandsOf(start)).toEqual([]);
    second();
    expect(demandsOf(start)).toEqual(['soft']);
  });

  test('is asked to end after a second, whether it has answered or not', async () => {
    const { generation, start, clock } = await ready();
    const finish = generation.requestSent();
    generation.retire();
    clock.turn(999);
    expect(demandsOf(start)).toEqual([]);
    clock.turn(1);
    expect(demandsOf(start)).toEqual(['soft']);
    finish();
    expect(demandsOf(start)).toEqual(['soft']);
  });

  test('is killed when its grace period is over', async () => {
    const { generation, start, clock, happened } = await ready();
    generation.retire();
    clock.turn(GRACE_PERIOD_MS - 1);
    expect(demandsOf(start)).toEqual(['soft']);
    clock.turn(1);
    expect(demandsOf(start)).toEqual(['soft', 'hard']);
    expect(happened.at(-1)).toBe('soft time over');
    start.process?.clearAway();
    await generation.stopped;
    expect(clock.pending).toBe(0);
  });

  test('is given up at once while it is starting', async () => {
    const { generation, start, clock } = begin();
    generation.retire();
    expect(start.signal.aborted).toBe(true);
    start.fail(new Error('given up'));
    await generation.stopped;
    await expect(generation.exited).rejects.toThrow();
    expect(clock.pending).toBe(0);
  });

  test('is killed if its start could not be given up', async () => {
    const { generation, start } = begin();
    generation.retire();
    await start.succeed();
    await waitFor(() => demandsOf(start).length > 0, 'a demand');
    expect(demandsOf(start)).toEqual(['hard']);
    expect(generation.address).toBeUndefined();
  });
});

describe('a process that is terminated', () => {
  test('softly stays reachable until it stops, so that clients see their work saved', async () => {
    const { generation, start, happened } = await ready();
    generation.end(false);
    expect(demandsOf(start)).toEqual(['soft']);
    expect(generation.address).toBeDefined();
    start.process?.stop();
    await generation.stopped;
    expect(generation.address).toBeUndefined();
    expect(happened.at(-1)).toBe('unreachable');
  });

  test('while it answers its last requests is asked to end at once', async () => {
    const { generation, start } = await ready();
    generation.requestSent();
    generation.retire();
    generation.end(false);
    expect(demandsOf(start)).toEqual(['soft']);
  });

  test('after it has exited is only killed: its remaining processes have their own time', async () => {
    const { generation, start } = await ready();
    start.process?.exit(7);
    expect(generation.endedItself).toBe(true);
    generation.end(false);
    expect(demandsOf(start)).toEqual([]);
    generation.end(true);
    expect(demandsOf(start)).toEqual(['hard']);
    expect(generation.endedItself).toBe(true);
    start.process?.clearAway();
    expect(await generation.exited).toMatchObject({ code: 7 });
  });
});

test('a failed start stops with the reason', async () => {
  const { generation, start, clock } = begin();
  start.fail(new Error('no such program'));
  await generation.stopped;
  await expect(generation.exited).rejects.toThrow('no such program');
  expect(clock.pending).toBe(0);
});

test('a process that does not answer within 300 seconds is reported, and left to its backend', async () => {
  const { start, clock, happened } = begin();
  await start.succeed();
  await waitFor(() => happened.includes('waiting'), 'the process to run');
  clock.turn(299_999);
  expect(happened).toEqual(['waiting']);
  clock.turn(1);
  expect(happened).toEqual(['waiting', 'start timed out']);
  expect(demandsOf(start)).toEqual([]);
});
