import type { Readable } from 'node:stream';

/** Target time for a slice. The size of slices is adjusted to it. */
const SLICE_MS = 0.25;
const SMALLEST_SLICE_BYTES = 4 * 1024;
const LARGEST_SLICE_BYTES = 16 * 1024;
/** The shortest delay of a Node.js timer. */
const SHORTEST_PAUSE_MS = 1;

/** Schedules work on slices of any number of streams: one slice per turn of the event loop, for at most half of the time. */
export class ReadTurns {
  readonly #queue: (() => void)[] = [];
  /** Time spent on slices since the last pause. */
  #workedMs = 0;
  /** Whether a turn, or the pause before it, is scheduled. */
  #isPlanned = false;

  /** Processes a slice: immediately if no other is scheduled, otherwise after the queued ones. */
  take(slice: () => void): void {
    this.#queue.push(slice);
    if (!this.#isPlanned) this.#next();
  }

  readonly #next = (): void => {
    const slice = this.#queue.shift();
    this.#isPlanned = slice !== undefined;
    if (slice === undefined) {
      // The queue was empty for a whole turn, so everything else has had its turn.
      this.#workedMs = 0;
      return;
    }
    const startedAtMs = performance.now();
    try {
      slice();
    } finally {
      this.#workedMs += performance.now() - startedAtMs;
      this.#planNext();
    }
  };

  #planNext(): void {
    if (this.#workedMs < SHORTEST_PAUSE_MS) return void setImmediate(this.#next);
    // A timer that is already due would run before pending socket events; setImmediate runs after them.
    setTimeout(() => setImmediate(this.#next), this.#workedMs);
    this.#workedMs = 0;
  }
}

/**
 * Reads a stream in small slices, one per turn of the event loop, and leaves at least half of the time to everything else,
 * so that a flood of output does not hold up requests. Without this, Node.js reads up to 32 chunks of 64 KiB from a pipe
 * that refills at once before anything else runs. Unread output stays in the pipe and slows the writing program down.
 * @param turns shared by all streams that may be flooded at once
 */
export function readInTurns(stream: Readable, take: (chunk: Buffer) => void, turns: ReadTurns): void {
  let isPlanned = false;
  let sliceBytes = SMALLEST_SLICE_BYTES;
  const planSlice = () => {
    if (isPlanned) return;
    isPlanned = true;
    turns.take(readSlice);
  };
  const readSlice = () => {
    isPlanned = false;
    const startedAtMs = performance.now();
    // Emits `data`. Without an argument, read() also emits the end.
    if (stream.read(Math.min(sliceBytes, stream.readableLength) || undefined) === null) return;
    const tookMs = performance.now() - startedAtMs;
    if (tookMs < SLICE_MS / 2) sliceBytes = Math.min(sliceBytes * 2, LARGEST_SLICE_BYTES);
    else if (tookMs > SLICE_MS) sliceBytes = Math.max(sliceBytes / 2, SMALLEST_SLICE_BYTES);
    planSlice();
  };
  // Registered before `data`, so that the stream does not start flowing.
  stream.on('readable', planSlice);
  stream.on('data', take);
}
