import type { Clock } from '../os/clock.js';

/** How often samples are taken after a change. A shorter interval better separates a backend's writes from a person's. */
const INTERVAL_MS = 250;
const SLOW_INTERVAL_MS = 2_000;
/** How long after the last change samples are taken, first often and then slowly. */
const OFTEN_MS = 60_000;
const DURATION_MS = 10 * 60_000;
/** Enough for a change that is handled late. */
const MAX_SAMPLES = 20;
/** File timestamps use the kernel's clock tick, which lags behind the clock that programs read. */
const CLOCK_TICK_MS = 20;

/** The bytes written by the processes of one running backend, at one moment. */
export interface BackendWrites {
  /** When these processes began; all earlier processes of the backend had exited by then. Milliseconds since 1970. */
  sinceMs: number;
  /** The bytes that they have printed, which are part of the written ones. */
  printed: number;
  /** The bytes written by each counted process. */
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
 * Determines whether backends of one service that do not report their writes may have made a change: they have not if they
 * wrote nothing around that time. Takes samples repeatedly for a while after each change.
 */
export class WriteActivity {
  readonly #clock: Clock;
  readonly #sample: () => Promise<WrittenBytes>;
  #samples: Sample[] = [];
  #lastChangeMs = 0;
  #isSampling = false;

  /** @param sample counts the bytes written by running backends' processes that do not report their writes */
  constructor(clock: Clock, sample: () => Promise<WrittenBytes>) {
    this.#clock = clock;
    this.#sample = sample;
  }

  /**
   * Determines whether a backend may have changed a file.
   * @param changedAtMs when the file was first changed; milliseconds since 1970
   * @returns undefined if it is unknown, because there is no earlier sample
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

  /** Takes another sample now, if sampling is in progress. */
  look(): void {
    if (this.#isSampling) void this.#take();
  }

  /** Returns when the last sample before a moment was taken, in milliseconds since 1970; undefined if there is none. */
  sampledBefore(atMs: number): number | undefined {
    return this.#samples.findLast((sample) => sample.atMs < atMs - CLOCK_TICK_MS)?.atMs;
  }

  async #take(): Promise<Sample> {
    const written = await this.#sample();
    // Timed after counting, since the counts may include anything written until then.
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
 * Whether the processes of a backend may have written anything other than their output.
 * @param earliestMs the earliest possible time of the change; milliseconds since 1970
 */
function hasWritten(before: BackendWrites | undefined, now: BackendWrites | undefined, earliestMs: number): boolean {
  // The counts don't include output printed by processes that report their writes.
  if (writtenBy(before) + writtenBy(now) === 0) return false;
  // A backend that has exited since may have written before its exit.
  if (now === undefined) return true;
  if (before?.sinceMs === now.sinceMs) {
    const hasEnded = [...before.processes].some(([process, bytes]) => bytes > 0 && !now.processes.has(process));
    return hasEnded || writtenBy(before) - before.printed !== writtenBy(now) - now.printed;
  }
  // The processes were replaced since, or are sampled for the first time. If they started after the change, earlier
  // processes may have made it. Otherwise, their counts include all of their writes.
  return now.sinceMs >= earliestMs || writtenBy(now) !== now.printed;
}

function writtenBy(writes: BackendWrites | undefined): number {
  return [...(writes?.processes.values() ?? [])].reduce((sum, bytes) => sum + bytes, 0);
}
