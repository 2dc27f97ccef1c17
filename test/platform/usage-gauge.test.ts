import { describe, expect, test } from 'vitest';
import { UsageGauge, type UsageInterval } from '../../src/platform/usage-gauge.js';
import type { RuntimeBackend, Usage, UsageWish } from '../../src/runtime/runtime.js';
import { HandClock } from '../support/hand-clock.js';

const MIB = 1024 * 1024;

function usageOf(memoryMib: number, peakMib = memoryMib): Usage {
  const [memoryBytes, peakMemoryBytes] = [memoryMib * MIB, peakMib * MIB];
  return { memoryBytes, peakMemoryBytes, memoryLimitBytes: 100 * MIB, cpuMs: 0, systemCpuMs: 0 };
}

/** A process whose usage is set by the test, and which counts its samples. */
class HandProcess implements RuntimeBackend {
  readonly addresses = [];
  readonly exited = new Promise<never>(() => undefined);
  readonly stopped = this.exited;
  readonly ended = false;
  sampleCount = 0;
  /** How many of the samples were for the peak, too. */
  peakSampleCount = 0;
  usageNow: Usage | undefined;
  /** If set, the next sample takes until it is called. */
  answer: (() => void) | undefined;
  readonly #clock: HandClock;
  slow = false;

  constructor(clock: HandClock, memoryMib = 10) {
    this.#clock = clock;
    this.usageNow = usageOf(memoryMib);
  }

  terminate(): void {}

  explainNotReady(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  /** The usage on a machine with two CPUs, of which it keeps half of one busy. */
  async usage({ peak = true }: UsageWish = {}): Promise<Usage | undefined> {
    this.sampleCount += 1;
    if (peak) this.peakSampleCount += 1;
    if (this.slow) {
      await new Promise<void>((resolve) => {
        this.answer = resolve;
      });
    }
    const nowMs = this.#clock.monotonicMs();
    return this.usageNow && { ...this.usageNow, cpuMs: nowMs / 2, systemCpuMs: nowMs * 2 };
  }
}

function makeGauge(memoryMib?: number) {
  const clock = new HandClock();
  const gauge = new UsageGauge(clock);
  const process = new HandProcess(clock, memoryMib);
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  /** Advances time in small steps, because each sample schedules the next one. */
  const turn = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 50) {
      clock.turn(50);
      await settle();
    }
  };
  return { clock, gauge, process, turn, settle };
}

describe('reading', () => {
  test('concurrent callers share a sample, and so do those of the next moments', async () => {
    const { gauge, process, turn } = makeGauge();
    gauge.attach(process);
    const all = await Promise.all([gauge.read(), gauge.read(), gauge.read()]);
    expect(all.map((usage) => usage?.memoryBytes)).toEqual([10 * MIB, 10 * MIB, 10 * MIB]);
    await turn(150);
    expect(await gauge.read()).toBe(all[0]);
    expect(process.sampleCount).toBe(1);
    await turn(50);
    await gauge.read();
    expect(process.sampleCount).toBe(2);
  });

  test('the last sample is available as long as that process runs', async () => {
    const { gauge, process } = makeGauge();
    expect(gauge.latest).toBeUndefined();
    expect(await gauge.read()).toBeUndefined();
    gauge.attach(process);
    await gauge.read();
    expect(gauge.latest?.memoryBytes).toBe(10 * MIB);
    gauge.detach();
    expect(gauge.latest).toBeUndefined();
    expect(await gauge.read()).toBeUndefined();
  });

  test('a sample that arrives after its process was replaced is dropped', async () => {
    const { clock, gauge, process } = makeGauge(99);
    process.slow = true;
    gauge.attach(process);
    const late = gauge.read();
    gauge.detach();
    gauge.attach(new HandProcess(clock, 20));
    process.answer?.();
    expect(await late).toBeUndefined();
    expect((await gauge.read())?.memoryBytes).toBe(20 * MIB);
    expect(gauge.peakBytes).toBe(20 * MIB);
  });

  test('a caller that cannot wait for a slow answer gets the previous sample', async () => {
    const { gauge, process, turn } = makeGauge();
    expect(await gauge.readSoon()).toBeUndefined();
    gauge.attach(process);
    const before = await gauge.readSoon();
    expect(before?.memoryBytes).toBe(10 * MIB);
    await turn(500);
    process.slow = true;
    expect(await gauge.readSoon()).toBe(before);
    expect(process.sampleCount).toBe(2);
  });
});

describe('reading several soon', () => {
  test('waits for a slow one no longer than for one alone, and leaves it its previous value', async () => {
    const [one, slow, ended] = [makeGauge(10), makeGauge(20), makeGauge()];
    one.gauge.attach(one.process);
    slow.gauge.attach(slow.process);
    slow.process.slow = true;
    await UsageGauge.readAllSoon([one.gauge, slow.gauge, ended.gauge]);
    expect([one, slow, ended].map(({ gauge }) => gauge.latest?.memoryBytes)).toEqual([10 * MIB, undefined, undefined]);
    slow.process.answer?.();
    await slow.settle();
    expect(slow.gauge.latest?.memoryBytes).toBe(20 * MIB);
  });

  test('takes no peaks, and who wants one then gets it', async () => {
    const { gauge, process } = makeGauge(10);
    process.usageNow = usageOf(10, 60);
    gauge.attach(process);
    await UsageGauge.readAllSoon([gauge]);
    expect([process.sampleCount, process.peakSampleCount]).toEqual([1, 0]);
    await gauge.readSoon();
    expect([process.sampleCount, process.peakSampleCount]).toEqual([2, 1]);
    expect(gauge.peakBytes).toBe(60 * MIB);
    await UsageGauge.readAllSoon([gauge]);
    expect(process.sampleCount).toBe(2);
  });

  test('shares a sample that is taken for the peak, but not the other way around', async () => {
    const { gauge, process } = makeGauge(10);
    process.usageNow = usageOf(10, 60);
    gauge.attach(process);
    await Promise.all([gauge.read(), UsageGauge.readAllSoon([gauge])]);
    expect(process.sampleCount).toBe(1);
    gauge.detach();
    gauge.attach(process);
    await Promise.all([UsageGauge.readAllSoon([gauge]), gauge.read()]);
    expect([process.sampleCount, process.peakSampleCount]).toEqual([3, 2]);
  });
});

describe('the peak memory', () => {
  test('is that of all samples, over restarts and until the end', async () => {
    const { clock, gauge, process, turn } = makeGauge(10);
    expect(gauge.peakBytes).toBeUndefined();
    gauge.attach(process);
    await turn(2_000);
    expect(gauge.peakBytes).toBe(10 * MIB);
    process.usageNow = usageOf(80);
    await turn(30_000);
    gauge.detach();
    expect(gauge.peakBytes).toBe(80 * MIB);
    gauge.attach(new HandProcess(clock, 30));
    await turn(12_000);
    expect(gauge.peakBytes).toBe(80 * MIB);
  });

  test('may be between two samples, if the runtime knows it', async () => {
    const { gauge, process, turn } = makeGauge(10);
    process.usageNow = usageOf(10, 60);
    gauge.attach(process);
    await turn(2_000);
    expect(gauge.latest?.memoryBytes).toBe(10 * MIB);
    expect(gauge.peakBytes).toBe(60 * MIB);
  });

  test('costs one sample within the first seconds, and then fewer the longer the process runs', async () => {
    const { gauge, process, turn } = makeGauge();
    gauge.attach(process);
    await turn(1_250);
    expect(process.sampleCount).toBe(1);
    await turn(30 * 60_000);
    // At 0.5, 1, 2, 4, 8 and 16 minutes of the clock.
    expect(process.sampleCount).toBe(7);
    expect(gauge.cpuShare).toBeCloseTo(0.25);
  });

  test('a read by a caller ends the interval of the CPU share', async () => {
    const { clock, gauge, process, turn } = makeGauge();
    gauge.attach(process);
    await turn(20 * 60_000);
    const sampleCount = process.sampleCount;
    process.usage = async () => ({ ...usageOf(10), cpuMs: 480_000, systemCpuMs: clock.monotonicMs() * 2 });
    await gauge.readSoon();
    expect(process.sampleCount).toBe(sampleCount);
    // It has used nothing since the sample at 16 minutes.
    expect(gauge.cpuShare).toBe(0);
  });

  test('is not sampled once nothing runs', async () => {
    const { gauge, process, turn } = makeGauge();
    gauge.attach(process);
    await turn(1_250);
    gauge.detach();
    await turn(60_000);
    expect(process.sampleCount).toBe(1);
  });
});

describe('watching', () => {
  test('reports every second what was used in it', async () => {
    const { gauge, process, turn } = makeGauge();
    gauge.attach(process);
    await turn(5_400);
    const reported: UsageInterval[] = [];
    gauge.watch((interval) => reported.push(interval));
    await turn(600);
    expect(reported).toMatchObject([{ cpuMs: 300, systemCpuMs: 1200, usage: { memoryBytes: 10 * MIB } }]);
    await turn(3_000);
    expect(reported.slice(1)).toMatchObject(Array(3).fill({ cpuMs: 500, systemCpuMs: 2000 }));
  });

  test('extends an interval that would be too short by another second', async () => {
    const { gauge, process, turn } = makeGauge();
    gauge.attach(process);
    await turn(5_900);
    const reported: UsageInterval[] = [];
    gauge.watch((interval) => reported.push(interval));
    await turn(200);
    expect(reported).toEqual([]);
    await turn(1_000);
    expect(reported).toMatchObject([{ systemCpuMs: 2200 }]);
  });

  test('shares samples with any number of listeners; a later one gets those of the last second at once', async () => {
    const { gauge, process, turn } = makeGauge();
    gauge.attach(process);
    await turn(10_500);
    const counts = [0, 0, 0];
    const looksBefore = process.sampleCount;
    const listen = (index: number) =>
      gauge.watch(() => {
        counts[index] = (counts[index] ?? 0) + 1;
      });
    listen(0);
    await turn(2_500);
    expect(counts).toEqual([3, 0, 0]);
    listen(1);
    listen(2);
    expect(counts).toEqual([3, 1, 1]);
    await turn(2_000);
    expect(counts).toEqual([5, 3, 3]);
    // One at the beginning, and one for each of the five seconds.
    expect(process.sampleCount - looksBefore).toBe(6);
  });

  test('stops frequent samples when the last listener leaves, however often it does', async () => {
    const { gauge, process, turn } = makeGauge();
    gauge.attach(process);
    const reported: UsageInterval[] = [];
    const [stopFirst, stopSecond] = [gauge.watch((interval) => reported.push(interval)), gauge.watch(() => undefined)];
    await turn(3_000);
    stopFirst();
    stopFirst();
    const heard = reported.length;
    await turn(2_000);
    const sampleCount = process.sampleCount;
    stopSecond();
    await turn(4_000);
    expect(process.sampleCount).toBe(sampleCount);
    await turn(30_000);
    expect(process.sampleCount).toBe(sampleCount + 1);
    expect(reported).toHaveLength(heard);
  });

  test('begins before a process runs, and continues with the next one, whose counters start at zero', async () => {
    const { clock, gauge, process, turn } = makeGauge();
    const reported: UsageInterval[] = [];
    gauge.watch((interval) => reported.push(interval));
    await turn(3_000);
    expect(reported).toEqual([]);
    gauge.attach(process);
    await turn(2_000);
    expect(reported.length).toBeGreaterThanOrEqual(1);
    gauge.detach();
    await turn(2_000);
    const before = reported.length;
    gauge.attach(new HandProcess(clock, 20));
    await turn(2_000);
    expect(reported.length).toBeGreaterThan(before);
    for (const { cpuMs, systemCpuMs } of reported) expect(cpuMs / systemCpuMs).toBeCloseTo(0.25);
    expect(reported.at(-1)?.usage.memoryBytes).toBe(20 * MIB);
  });

  test('reports nothing while nothing is known', async () => {
    const { gauge, process, turn } = makeGauge();
    const { usageNow } = process;
    process.usageNow = undefined;
    const reported: UsageInterval[] = [];
    gauge.watch((interval) => reported.push(interval));
    gauge.attach(process);
    await turn(3_000);
    expect(reported).toEqual([]);
    process.usageNow = usageNow;
    await turn(2_000);
    expect(reported).toHaveLength(1);
  });
});

test('gauges take samples at the same moments, so that one read of the machine serves all', async () => {
  const clock = new HandClock();
  const moments: number[] = [];
  for (let index = 0; index < 5; index += 1) {
    clock.turn(130);
    const gauge = new UsageGauge(clock);
    const process = new HandProcess(clock);
    const { usageNow } = process;
    process.usage = async () => {
      moments.push(clock.monotonicMs());
      return usageNow && { ...usageNow, systemCpuMs: clock.monotonicMs() };
    };
    gauge.attach(process);
  }
  for (let second = 0; second < 65; second += 1) {
    clock.turn(1000);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  const wholeSeconds = [...new Set(moments)];
  expect(wholeSeconds.every((moment) => moment % 1000 === 0)).toBe(true);
  expect(moments).toHaveLength(15);
  expect(wholeSeconds).toEqual([1000, 30_000, 60_000]);
});
