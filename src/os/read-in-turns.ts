import type { Readable } from 'node:stream';

/** How long a slice should take: its size is adjusted to that. */
const SLICE_MS = 0.25;
const SMALLEST_SLICE_BYTES = 4 * 1024;
const LARGEST_SLICE_BYTES = 16 * 1024;
/** The shortest pause that a timer can make. */
const SHORTEST_PAUSE_MS = 1;

/** Work on slices of any number of streams: one slice in each turn of the event loop, for half of the time at most. */
export class ReadTurns {
  readonly #queue: (() => void)[] = [];
  /** How long slices have been worked on since the last pause. */
  #workedMs = 0;
  /** Whether a turn, or a pause before it, is under way. */
  #isPlanned = false;

  /** Works on a slice: at once if no other has its turn, else behind those that wait. */
  take(slice: () => void): void {
    this.#queue.push(slice);
    if (!this.#isPlanned) this.#next();
  }

  readonly #next = (): void => {
    const slice = this.#queue.shift();
    this.#isPlanned = slice !== undefined;
    if (slice === undefined) {
      // Everything else has had a turn.
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
    // A timer that is due when it is looked at would come before what waits for sockets.
    setTimeout(() => setImmediate(this.#next), this.#workedMs);
    this.#workedMs = 0;
  }
}

/**
 * Hands over what comes from a stream in small slices, one in each turn of the event loop, and leaves at least half of the
 * time to everything else: a flood of output must not hold up requests. Of a pipe that is filled again at once, Node.js
 * would read 32 chunks of 64 KiB before anything else has its turn. What is not read yet stays in the pipe, where it slows
 * down the program that prints it.
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
    // Emits `data`. Without an argument it also notices the end.
    if (stream.read(Math.min(sliceBytes, stream.readableLength) || undefined) === null) return;
    const tookMs = performance.now() - startedAtMs;
    if (tookMs < SLICE_MS / 2) sliceBytes = Math.min(sliceBytes * 2, LARGEST_SLICE_BYTES);
    else if (tookMs > SLICE_MS) sliceBytes = Math.max(sliceBytes / 2, SMALLEST_SLICE_BYTES);
    planSlice();
  };
  // First, so that the stream does not begin to flow.
  stream.on('readable', planSlice);
  stream.on('data', take);
}
