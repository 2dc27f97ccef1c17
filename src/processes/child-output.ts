import { closeSync, readSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { pause } from '../os/clock.js';
import { type ReadTurns, readInTurns } from '../os/read-in-turns.js';
import type { Pipe, PipePool } from './pipe-pool.js';

/** How long to wait for remaining output after the child's exit. A process outside of the tree may hold the pipe longer. */
const DRAIN_MS = 500;
/** The largest capacity of a pipe on supported systems, unless an administrator allows more; bytes. */
const PIPE_BYTES = 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;

/** The output of a child on one of its streams, or on both. */
export class ChildOutput {
  /**
   * The child's stream: a real pipe, or, if none can be made, a socket of Node.js. execa accepts any descriptor, though its
   * types allow only the standard ones.
   */
  readonly stdio: 1 | 'pipe';
  readonly #pipe: Pipe | undefined;
  readonly #turns: ReadTurns;
  #stream: Readable | undefined;
  #ended: Promise<void> = Promise.resolve();
  #take: (chunk: Buffer) => void = () => undefined;

  private constructor(pipe: Pipe | undefined, turns: ReadTurns) {
    this.#pipe = pipe;
    this.#turns = turns;
    this.stdio = (pipe?.writeFd as 1 | undefined) ?? 'pipe';
  }

  /**
   * Prepares streams for a child.
   * @param onProblem called with the error when no pipes can be made; the child then can't open its streams by name, such as
   * `/dev/stderr`
   */
  static async open(count: number, pipes: PipePool, onProblem: (error: unknown) => void): Promise<ChildOutput[]> {
    try {
      return (await pipes.take(count)).map((pipe) => new ChildOutput(pipe, pipes.turns));
    } catch (error) {
      onProblem(error);
      return Array.from({ length: count }, () => new ChildOutput(undefined, pipes.turns));
    }
  }

  /**
   * Starts reading. Call it once, right after the child was started.
   * @param stream the child's stream; null if the child got a real pipe
   */
  read(stream: Readable | null, take: (chunk: Buffer) => void): void {
    this.#take = take;
    if (this.#pipe !== undefined) closeSync(this.#pipe.writeFd);
    this.#stream = stream ?? new Socket({ fd: (this.#pipe as Pipe).readFd, readable: true, writable: false });
    readInTurns(this.#stream, take, this.#turns);
    this.#ended = new Promise((resolve) => {
      this.#stream?.once('close', resolve);
      this.#stream?.once('error', () => resolve());
    });
  }

  /** Closes the pipe if no child was started. */
  discard(): void {
    if (this.#pipe === undefined) return;
    closeSync(this.#pipe.writeFd);
    closeSync(this.#pipe.readFd);
  }

  /** Resolves when all output from before this call was handed over. Call it after the child has exited. */
  async finish(): Promise<void> {
    await Promise.race([this.#ended, pause(DRAIN_MS)]);
    // On a busy event loop, the timer may fire before pending output is read.
    if (this.#pipe !== undefined && this.#stream?.destroyed === false) {
      // Hands over the buffered output.
      while (this.#stream.read() !== null);
      this.#readRest(this.#pipe.readFd);
    }
    this.#stream?.destroy();
  }

  #readRest(fd: number): void {
    try {
      for (let read = 0; read < PIPE_BYTES; ) {
        const buffer = Buffer.alloc(CHUNK_BYTES);
        const length = readSync(fd, buffer);
        if (length === 0) return;
        read += length;
        this.#take(buffer.subarray(0, length));
      }
    } catch (error) {
      // EAGAIN means that the pipe is empty and another process still holds the other end.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}
