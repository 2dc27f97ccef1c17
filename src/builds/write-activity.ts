import type { Clock } from '../os/clock.js';

/** How often a sample is taken after a change: the shorter, the better a backend's writes can be told from a person's. */
const INTERVAL_MS = 250;
const SLOW_INTERVAL_MS = 2_000;
/** How long after the last change, first often and then slowly. */
const OFTEN_MS = 60_000;
const DURATION_MS = 10 * 60_000;
/** Enough for a change that is handled late. */
const MAX_SAMPLES = 20;
/** File systems keep times by the tick of the kernel's clock, which lags behind the one that programs read. */
const CLOCK_TICK_MS = 20;

/** What the processes of one running backend have written at one moment. */
export interface BackendWrites {
  /** Since when they have been there: nothing that ran for the backend earlier runs anymore. Milliseconds since 1970. */
  sinceMs: number;
  /** What they have printed, which is a part of what they have written; bytes. */
  printed: number;
  /** The bytes of each process that is counted. */
  processes: ReadonlyMap<string, number>;
}

/** By id of the running backend. */
export type WrittenBytes = ReadonlyMap<string, BackendWrites>;

interface Sample {
  /** Milliseconds since 1970. */
  atMs: number;
  written: WrittenBytes;
}

/**
 * Finds out whether backends of one service that do not report their writes may have made a change: not if they wrote
 * nothing at all around that time. For a while after each change, it takes a sample of them again and again.
 */
export class WriteActivity {
  readonly #clock: Clock;
  readonly #sample: () => Promise<WrittenBytes>;
  #samples: Sample[] = [];
  #lastChangeMs = 0;
  #isSampling = false;

  /** @param sample counts what is written by those processes of running backends that do not report it */
  constructor(clock: Clock, sample: () => Promise<WrittenBytes>) {
    this.#clock = clock;
    this.#sample = sample;
  }

  /**
   * Whether a backend may have changed a file.
   * @param changedAtMs when the file was changed first; milliseconds since 1970
   * @returns undefined if it is not known, as nothing was looked at before
   */
  async mayHaveWritten(changedAtMs: number): Promise<boolean | undefined> {
    const now = await this.#take();
    this.#lastChangeMs = this.#clock.monotonicMs();
    this.#continue();
    const before = this.#samples.findLast(({ atMs }) => atMs < changedAtMs - CLOCK_TICK_MS);
    const ids = new Set([...now.written.keys(), ...(before?.written.keys() ?? [])]);
    const mayHaveWritten = [...ids].some((id) =>
      hasWritten(before?.written.get(id), now.written.get(id), changedAtMs - CLOCK_TICK_MS),
    );
    return mayHaveWritten && before === undefined ? undefined : mayHaveWritten;
  }

  /** Takes one more sample now, if samples are being taken. */
  look(): void {
    if (this.#isSampling) void this.#take();
  }

  /** When the last sample before a moment was taken; undefined: there is none. Milliseconds since 1970. */
  sampledBefore(atMs: number): number | undefined {
    return this.#samples.findLast((sample) => sample.atMs < atMs - CLOCK_TICK_MS)?.atMs;
  }

  async #take(): Promise<Sample> {
    const written = await this.#sample();
    // Anything written before it ended may be included.
    const sample = { atMs: this.#clock.now().getTime(), written };
    this.#samples = [...this.#samples, sample].slice(-MAX_SAMPLES);
    return sample;
  }

  #continue(): void {
    if (this.#isSampling) return;
    this.#isSampling = true;
    const sinceChangeMs = this.#clock.monotonicMs() - this.#lastChangeMs;
    this.#clock.after(sinceChangeMs < OFTEN_MS ? INTERVAL_MS : SLOW_INTERVAL_MS, () => {
      void this.#take().finally(() => {
        this.#isSampling = false;
        if (this.#clock.monotonicMs() - this.#lastChangeMs < DURATION_MS) this.#continue();
        else this.#samples = [];
      });
    });
  }
}

/**
 * Whether the processes of a backend may have written anything but what they printed.
 * @param earliestMs not if it was before this; milliseconds since 1970
 */
function hasWritten(before: BackendWrites | undefined, now: BackendWrites | undefined, earliestMs: number): boolean {
  // What is printed by processes that report their writes is not among the bytes.
  if (writtenBy(before) + writtenBy(now) === 0) return false;
  // What has ended since may have written before it did.
  if (now === undefined) return true;
  if (before?.sinceMs === now.sinceMs) {
    const hasEnded = [...before.processes].some(([process, bytes]) => bytes > 0 && !now.processes.has(process));
    return hasEnded || writtenBy(before) - before.printed !== writtenBy(now) - now.printed;
  }
  // Its processes were replaced since, or are looked at for the first time: all that they wrote is known all the same.
  return now.sinceMs >= earliestMs || writtenBy(now) !== now.printed;
}

function writtenBy(writes: BackendWrites | undefined): number {
  return [...(writes?.processes.values() ?? [])].reduce((sum, bytes) => sum + bytes, 0);
}
