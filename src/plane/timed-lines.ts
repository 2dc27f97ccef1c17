import type { OutputSource } from '../contract/dev-endpoints.js';
import { createDemuxer } from '../docker-engine/attached-output.js';
import { LineSplitter } from '../logs/line-splitter.js';

/** A line printed by a container. */
export interface TimedLine {
  /** When the line was begun, by the clock of the engine's machine. */
  time: Date;
  source: OutputSource;
  /** The text as it was printed, without its newline. */
  text: Buffer;
}

const SPACE = 0x20;

/**
 * Reads the log of a container as an engine sends it with `timestamps`. Each part of the stream begins with a time and
 * a space. A line of more than 16 KiB is sent in several parts, each with its own time.
 */
export async function* readTimedLines(stream: AsyncIterable<Buffer>): AsyncGenerator<TimedLine, void> {
  const streams = { stdout: new TimedStream('stdout'), stderr: new TimedStream('stderr') };
  const lines: TimedLine[] = [];
  const demux = createDemuxer((source, chunk, isBeginning) => {
    lines.push(...streams[source].push(chunk, isBeginning));
  });
  for await (const chunk of stream) {
    demux(chunk);
    yield* lines.splice(0);
  }
  for (const each of Object.values(streams)) yield* each.flush();
}

/** One of the two streams of a container. */
class TimedStream {
  readonly #source: OutputSource;
  readonly #splitter = new LineSplitter();
  /** The part of the timestamp that has arrived so far; undefined once it is complete. */
  #stamp: Buffer | undefined;
  #time = new Date(0);

  constructor(source: OutputSource) {
    this.#source = source;
  }

  push(chunk: Buffer, isBeginning: boolean): TimedLine[] {
    if (isBeginning) this.#stamp = Buffer.alloc(0);
    const text = this.#stamp === undefined ? chunk : this.#takeStamp(this.#stamp, chunk);
    return this.#splitter.push(text).map((line) => this.#timed(line));
  }

  flush(): TimedLine[] {
    const last = this.#splitter.flush();
    return last === undefined ? [] : [this.#timed(last)];
  }

  /** @returns the rest of the chunk after the time */
  #takeStamp(begun: Buffer, chunk: Buffer): Buffer {
    const end = chunk.indexOf(SPACE);
    const stamp = Buffer.concat([begun, end === -1 ? chunk : chunk.subarray(0, end)]);
    this.#stamp = end === -1 ? stamp : undefined;
    if (end === -1) return Buffer.alloc(0);
    if (!this.#splitter.hasUnfinished) this.#time = new Date(stamp.toString('latin1'));
    return chunk.subarray(end + 1);
  }

  #timed(text: Buffer): TimedLine {
    return { time: this.#time, source: this.#source, text };
  }
}
