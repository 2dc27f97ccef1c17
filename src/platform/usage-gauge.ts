import { type Clock, pause } from '../os/clock.js';
import type { RuntimeBackend, Usage } from '../runtime/runtime.js';

/** Pause between two looks while somebody watches. */
const WATCHED_PAUSE_MS = 1_000;
/**
 * The first pause while nobody does, when only the most memory is of interest. It doubles with the age of the process:
 * an idle dev server with many backends does not keep looking at them.
 */
const UNWATCHED_PAUSE_MS = 30_000;
/** Over a shorter time CPU shares mean little: systems count in steps of ten milliseconds. */
const SHORTEST_INTERVAL_MS = 250;
/** A reading so young is as good as a new one; less than the shortest interval. */
const FRESH_MS = 200;
/** Timeout of readings that are wanted now. */
const PATIENCE_MS = 300;

/** What a backend used between two looks. */
export interface UsageInterval {
  /** At its end. */
  usage: Usage;
  /** CPU time that the backend used meanwhile; milliseconds. */
  cpuMs: number;
  /** CPU time that all CPUs together had to give meanwhile; milliseconds, more than 0. */
  systemCpuMs: number;
}

type Listener = (interval: UsageInterval) => void;

/**
 * Measures what one backend uses. Concurrent callers share one sample, and samples are taken on whole seconds
 * of the clock, so that those for different backends come together and cost the runtime one look at the machine.
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
  /** Where the next interval begins. */
  #start: { usage: Usage; atMs: number } | undefined;
  #interval: UsageInterval | undefined;
  #cancelLook: () => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What was read last of the process that runs; undefined while that is not known. Costs nothing. */
  get latest(): Usage | undefined {
    return this.#latest;
  }

  /** The most memory that it is known to have used at once, by any of its processes so far; bytes. */
  get peakBytes(): number | undefined {
    return this.#peakBytes;
  }

  /**
   * The share of all CPUs that it had lately, from 0 to 1: in the last second if watched, else between the last two looks,
   * of which {@link readSoon} is one.
   */
  get cpuShare(): number | undefined {
    return this.#interval === undefined ? undefined : this.#interval.cpuMs / this.#interval.systemCpuMs;
  }

  /**
   * Reads what it uses now; a reading of the last {@link FRESH_MS} milliseconds is given again. Any number of callers
   * for any number of backends at once cost one look at the table of processes; of containers each is asked about.
   * @returns undefined, never a rejection, when nothing of it runs or it can't be told
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
      // Its process may have been replaced meanwhile.
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

  /** The same without waiting for a slow engine: returns the previous value then. */
  async readSoon(): Promise<Usage | undefined> {
    await untilReadSoon([this.read()]);
    return this.#note();
  }

  /** Reads what several use now, without their peaks; those of a slow engine keep their previous values. */
  static async readAllSoon(gauges: readonly UsageGauge[]): Promise<void> {
    await untilReadSoon(gauges.map((gauge) => gauge.#read(false)));
    for (const gauge of gauges) gauge.#note();
  }

  /** Ends an interval with what was read last, unless those who watch do. */
  #note(): Usage | undefined {
    if (this.#process !== undefined && this.#listeners.size === 0) this.#endInterval(this.#latest);
    return this.#latest;
  }

  /**
   * Tells about every second what it used since, for the first time after a quarter to one and a quarter; nothing while
   * no process runs. Takes samples only while at least one caller watches.
   * @returns ends it
   */
  watch(listener: Listener): () => void {
    // A function given twice is two listeners.
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

  /** For the backend itself: this process now runs for it. */
  attach(process: RuntimeBackend): void {
    this.#process = process;
    this.#attachedAtMs = this.#clock.monotonicMs();
    this.#begin();
  }

  /** For the backend itself: no process runs for it now. */
  detach(): void {
    this.#process = undefined;
    this.#reading = undefined;
    this.#latest = undefined;
    this.#readAtMs = Number.NEGATIVE_INFINITY;
    this.#peakReadAtMs = Number.NEGATIVE_INFINITY;
    this.#interval = undefined;
    this.#cancelLook();
  }

  /** Begins an interval that ends soon, watched or not: of a backend with a short life something is known too. */
  #begin(): void {
    this.#start = undefined;
    this.#interval = undefined;
    if (this.#listeners.size > 0) void this.read().then((usage) => this.#startAt(usage));
    this.#planLook(WATCHED_PAUSE_MS, SHORTEST_INTERVAL_MS);
  }

  /** Plans the next look for a whole number of pauses of the clock. */
  #planLook(pauseMs: number, earliestMs = 0): void {
    this.#cancelLook();
    if (this.#process === undefined) return;
    const nowMs = this.#clock.monotonicMs();
    const dueMs = (Math.floor((nowMs + earliestMs) / pauseMs) + 1) * pauseMs;
    this.#cancelLook = this.#clock.after(dueMs - nowMs, () => void this.#look());
  }

  /** A multiple of the first one, so that looks at many backends still come together. */
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
    // An engine that took its time to answer may have the next answer ready at once.
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

/** Waits for readings, but not for slow ones; one deadline for all. */
async function untilReadSoon(readings: readonly Promise<unknown>[]): Promise<void> {
  const answered = new AbortController();
  await Promise.race([Promise.all(readings), pause(PATIENCE_MS, answered.signal)]);
  answered.abort();
}
