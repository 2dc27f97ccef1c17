import type { Readable } from 'node:stream';

/** How much is handed over in one turn at most. */
const SLICE_BYTES = 16 * 1024;
/** The shortest pause that a timer can make. */
const SHORTEST_PAUSE_MS = 1;

/**
 * Hands over what comes from a stream in small slices, one in each turn of the event loop, and leaves at least half of the
 * time to everything else: a flood of output must not hold up requests. Of a pipe that is filled again at once, Node.js
 * would read 32 chunks of 64 KiB before anything else has its turn. What is not read yet stays in the pipe, where it slows
 * down the program that prints it.
 */
export function readInTurns(stream: Readable, take: (chunk: Buffer) => void): void {
  let isPlanned = false;
  /** How long slices have been worked on since the last pause. */
  let workedMs = 0;
  const readSlice = () => {
    isPlanned = false;
    const startedAtMs = performance.now();
    // Emits `data`. Without an argument it also notices the end.
    if (stream.read(Math.min(SLICE_BYTES, stream.readableLength) || undefined) === null) return;
    workedMs += performance.now() - startedAtMs;
    isPlanned = true;
    if (workedMs < SHORTEST_PAUSE_MS) return void setImmediate(readSlice);
    // A timer that is due when it is looked at would come before what waits for sockets.
    setTimeout(() => setImmediate(readSlice), workedMs);
    workedMs = 0;
  };
  // First, so that the stream does not begin to flow.
  stream.on('readable', () => {
    if (!isPlanned) readSlice();
  });
  stream.on('data', take);
}
