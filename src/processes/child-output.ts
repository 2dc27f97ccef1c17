import { closeSync, readSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { pause } from '../os/clock.js';
import { type ReadTurns, readInTurns } from '../os/read-in-turns.js';
import type { Pipe, PipePool } from './pipe-pool.js';

/** How long output may still come in after the end; more only if a process outside holds the pipe. */
const DRAIN_MS = 500;
/** The most that a pipe can hold on the systems that jamdev runs on, unless an administrator allows more; bytes. */
const PIPE_BYTES = 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;

/** What a child prints to one of its streams, or to both. */
export class ChildOutput {
  /**
   * What the child gets as its stream: a real pipe, or where that can't be made a socket of Node.js. execa takes any
   * descriptor, though its types know the standard ones only.
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
   * @param onProblem called with the error when they can't be opened by name, as `/dev/stderr`, in the child
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
   * Begins to read. Call it once, as soon as the child was started.
   * @param stream of the child; null where it got a real pipe
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

  /** Closes it if no child was started. */
  discard(): void {
    if (this.#pipe === undefined) return;
    closeSync(this.#pipe.writeFd);
    closeSync(this.#pipe.readFd);
  }

  /** Resolves when all output from before this call was handed over. Call it when the child has ended. */
  async finish(): Promise<void> {
    await Promise.race([this.#ended, pause(DRAIN_MS)]);
    // The timer may have been faster than a busy event loop.
    if (this.#pipe !== undefined && this.#stream?.destroyed === false) {
      // Hands over what was read already.
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
      // EAGAIN: it is empty, and somebody still holds the other end.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}
