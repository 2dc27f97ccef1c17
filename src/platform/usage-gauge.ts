import { type Clock, pause } from '../os/clock.js';
import type { RuntimeBackend, Usage } from '../runtime/runtime.js';

/** Interval between samples while there are listeners. */
const WATCHED_PAUSE_MS = 1_000;
/**
 * First interval between samples while there are no listeners and only the peak memory matters. It doubles with the age
 * of the process, so that an idle dev server with many backends hardly samples them.
 */
const UNWATCHED_PAUSE_MS = 30_000;
/** CPU shares over a shorter time mean little, since systems count CPU time in steps of ten milliseconds. */
const SHORTEST_INTERVAL_MS = 250;
/** How long a sample is reused. Must be less than the shortest interval. */
const FRESH_MS = 200;
/** Timeout of readSoon(). */
const PATIENCE_MS = 300;

/** The usage of a backend between two samples. */
export interface UsageInterval {
  /** The sample at the end of the interval. */
  usage: Usage;
  /** CPU time that the backend used during the interval, in milliseconds. */
  cpuMs: number;
  /** CPU time that all CPUs together had available during the interval, in milliseconds; more than 0. */
  systemCpuMs: number;
}

type Listener = (interval: UsageInterval) => void;

/**
 * Measures the usage of one backend. Concurrent callers share one sample. Samples are taken on whole seconds of the
 * clock, so that the samples of different backends coincide and the runtime scans the machine only once.
 */
export class UsageGauge {
  readonly #clock: Clock;
  readonly #listeners = new Set<Listener>();
  #process: RuntimeBackend | undefined;
  #attachedAtMs = 0;
  #latest: Usage | undefined;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #peakReadAtMs = Number.NEGATIVE_INFINITY;
  #reading: { usage: Promise<Usage | undefined>; peak: boolean } | undefined;
  #peakBytes: number | undefined;
  /** The sample at which the next interval begins. */
  #start: { usage: Usage; atMs: number } | undefined;
  #interval: UsageInterval | undefined;
  #cancelLook: () => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The latest sample of the running process; undefined while there is none. Takes no new sample. */
  get latest(): Usage | undefined {
    return this.#latest;
  }

  /** The highest memory usage observed in any of the backend's processes so far, in bytes. */
  get peakBytes(): number | undefined {
    return this.#peakBytes;
  }

  /**
   * The recent share of all CPUs, from 0 to 1: in the last second if there are listeners, otherwise between the last
   * two samples, including those of {@link readSoon}.
   */
  get cpuShare(): number | undefined {
    return this.#interval === undefined ? undefined : this.#interval.cpuMs / this.#interval.systemCpuMs;
  }

  /**
   * Takes a sample of the current usage, or returns one from the last {@link FRESH_MS} milliseconds. Concurrent calls
   * for any number of backends scan the process table once; containers are queried one by one.
   * @returns undefined (never rejects) if nothing of the backend runs or its usage can't be determined
   */
  read(): Promise<Usage | undefined> {
    return this.#read(true);
  }

  #read(peak: boolean): Promise<Usage | undefined> {
    const process = this.#process;
    if (process === undefined) return Promise.resolve(undefined);
    const readAtMs = peak ? this.#peakReadAtMs : this.#readAtMs;
    if (this.#clock.monotonicMs() - readAtMs < FRESH_MS) return Promise.resolve(this.#latest);
    if (this.#reading !== undefined && (this.#reading.peak || !peak)) return this.#reading.usage;
    const usage = process.usage({ peak }).then((found) => {
      // The process may have been replaced in the meantime.
      if (process !== this.#process) return undefined;
      if (this.#reading === reading) this.#reading = undefined;
      this.#readAtMs = this.#clock.monotonicMs();
      if (peak) this.#peakReadAtMs = this.#readAtMs;
      this.#latest = found;
      if (found !== undefined) this.#peakBytes = Math.max(found.peakMemoryBytes, this.#peakBytes ?? 0);
      return found;
    });
    const reading = { usage, peak };
    this.#reading = reading;
    return usage;
  }

  /** Reads the usage without waiting for a slow engine; in that case, returns the previous value. */
  async readSoon(): Promise<Usage | undefined> {
    await untilReadSoon([this.read()]);
    return this.#note();
  }

  /**
   * Reads the usage of several backends without their peaks. The backends of a slow engine keep their previous values.
   */
  static async readAllSoon(gauges: readonly UsageGauge[]): Promise<void> {
    await untilReadSoon(gauges.map((gauge) => gauge.#read(false)));
    for (const gauge of gauges) gauge.#note();
  }

  /** Ends an interval with the latest sample, unless the samples for listeners already do. */
  #note(): Usage | undefined {
    if (this.#process !== undefined && this.#listeners.size === 0) this.#endInterval(this.#latest);
    return this.#latest;
  }

  /**
   * Reports about every second the usage since the last report, first after a quarter of a second to one and a quarter.
   * Reports nothing while no process is running. Samples are only taken while there are listeners.
   * @returns a function that ends the reports
   */
  watch(listener: Listener): () => void {
    // Wrapped so that a function that is given twice counts as two listeners.
    const own: Listener = (interval) => listener(interval);
    const isFirst = this.#listeners.size === 0;
    this.#listeners.add(own);
    if (!isFirst) {
      if (this.#interval !== undefined) own(this.#interval);
    } else if (this.#process !== undefined) {
      this.#begin();
    }
    return () => {
      if (this.#listeners.delete(own) && this.#listeners.size === 0) this.#planLook(this.#unwatchedPauseMs);
    };
  }

  /** Sets the backend's running process. Called by the backend only. */
  attach(process: RuntimeBackend): void {
    this.#process = process;
    this.#attachedAtMs = this.#clock.monotonicMs();
    this.#begin();
  }

  /** Notes that no process of the backend is running. Called by the backend only. */
  detach(): void {
    this.#process = undefined;
    this.#reading = undefined;
    this.#latest = undefined;
    this.#readAtMs = Number.NEGATIVE_INFINITY;
    this.#peakReadAtMs = Number.NEGATIVE_INFINITY;
    this.#interval = undefined;
    this.#cancelLook();
  }

  /** Begins a short interval, even without listeners, so that something is known about short-lived backends too. */
  #begin(): void {
    this.#start = undefined;
    this.#interval = undefined;
    if (this.#listeners.size > 0) void this.read().then((usage) => this.#startAt(usage));
    this.#planLook(WATCHED_PAUSE_MS, SHORTEST_INTERVAL_MS);
  }

  /** Schedules the next sample at a multiple of the interval, by the clock. */
  #planLook(pauseMs: number, earliestMs = 0): void {
    this.#cancelLook();
    if (this.#process === undefined) return;
    const nowMs = this.#clock.monotonicMs();
    const dueMs = (Math.floor((nowMs + earliestMs) / pauseMs) + 1) * pauseMs;
    this.#cancelLook = this.#clock.after(dueMs - nowMs, () => void this.#look());
  }

  /** A multiple of the first interval, so that the samples of many backends still coincide. */
  get #unwatchedPauseMs(): number {
    const ageMs = this.#clock.monotonicMs() - this.#attachedAtMs;
    let pauseMs = UNWATCHED_PAUSE_MS;
    while (pauseMs * 2 <= ageMs) pauseMs *= 2;
    return pauseMs;
  }

  async #look(): Promise<void> {
    this.#endInterval(await this.read());
    this.#planLook(this.#listeners.size > 0 ? WATCHED_PAUSE_MS : this.#unwatchedPauseMs);
  }

  #endInterval(usage: Usage | undefined): void {
    const start = this.#start;
    // A slow engine may deliver the next answer right after the delayed one.
    if (start !== undefined && this.#clock.monotonicMs() - start.atMs < SHORTEST_INTERVAL_MS) return;
    this.#startAt(usage);
    this.#interval = undefined;
    if (usage === undefined || start === undefined) return;
    const systemCpuMs = usage.systemCpuMs - start.usage.systemCpuMs;
    if (systemCpuMs <= 0) return;
    const interval = { usage, cpuMs: Math.max(0, usage.cpuMs - start.usage.cpuMs), systemCpuMs };
    this.#interval = interval;
    for (const listener of [...this.#listeners]) listener(interval);
  }

  #startAt(usage: Usage | undefined): void {
    this.#start = usage === undefined ? undefined : { usage, atMs: this.#clock.monotonicMs() };
  }
}

/** Waits for readings until a common deadline. */
async function untilReadSoon(readings: readonly Promise<unknown>[]): Promise<void> {
  const answered = new AbortController();
  await Promise.race([Promise.all(readings), pause(PATIENCE_MS, answered.signal)]);
  answered.abort();
}
