import type { Readable } from 'node:stream';
import type { OutputSource } from '../../contract/dev-endpoints.js';
import { createDemuxer } from '../../docker-engine/attached-output.js';
import type { Engine } from '../../docker-engine/engine.js';
import { EngineError, isNotFound } from '../../docker-engine/engine-error.js';
import { type ReadTurns, readInTurns } from '../../os/read-in-turns.js';
import type { SpawnRequest } from '../runtime.js';

/** How many bytes of the end of stderr are kept, since they may explain the exit. */
const KEPT_BYTES = 2_048;
const BOTH = { stdout: true, stderr: true };

/**
 * The output of one container, from its first byte to its last. If the connection to an engine on another machine is
 * interrupted, the rest is read from the log that the engine keeps.
 */
export class ContainerOutput {
  readonly #engine: Engine;
  /** The container's path in the engine's API. */
  readonly #path: string;
  readonly #request: Pick<SpawnRequest, 'onOutput' | 'onRemark'>;
  readonly #turns: ReadTurns;
  /** The number of bytes passed on so far. */
  readonly #passedOn = { stdout: 0, stderr: 0 };
  #stream: Readable | undefined;
  #streamOver: Promise<void> = Promise.resolve();
  /** The number of connection interruptions before the stream was opened. */
  #interruptions = 0;
  #resuming: Promise<void> | undefined;
  #lastWords = Buffer.alloc(0);

  /** @param turns shared by the outputs of all containers */
  constructor(engine: Engine, path: string, request: Pick<SpawnRequest, 'onOutput' | 'onRemark'>, turns: ReadTurns) {
    this.#turns = turns;
    this.#engine = engine;
    this.#path = path;
    this.#request = request;
  }

  /** The end of the output to stderr. */
  get lastWords(): string {
    return this.#lastWords.toString('utf8');
  }

  /** Resolves when the currently open stream has ended. */
  get streamOver(): Promise<void> {
    return this.#streamOver;
  }

  /** Starts passing on the container's output. @throws EngineError, JamdevError */
  async attach(): Promise<void> {
    await this.#open('POST', `${this.#path}/attach`, { stream: true, ...BOTH }, { stdout: 0, stderr: 0 });
  }

  /**
   * Passes on the output since the connection was interrupted, and all further output. Does nothing if there was no
   * interruption.
   * @throws EngineError, JamdevError
   */
  resume(): Promise<void> {
    this.#resuming ??= this.#resume().finally(() => {
      this.#resuming = undefined;
    });
    return this.#resuming;
  }

  /** Resolves when all output of an ended container has been passed on. @throws EngineError, JamdevError */
  async complete(): Promise<void> {
    await this.#streamOver;
    await this.resume();
    await this.#streamOver;
  }

  /** Closes the connection. */
  abandon(): void {
    this.#stream?.destroy();
  }

  async #resume(): Promise<void> {
    if ((this.#engine.link?.interruptions ?? 0) === this.#interruptions) return;
    await this.#streamOver;
    try {
      await this.#open('GET', `${this.#path}/logs`, { follow: true, ...BOTH }, this.#passedOn);
    } catch (error) {
      if (!(error instanceof EngineError) || isNotFound(error)) throw error;
      this.#request.onRemark?.(`Its output while the connection to the engine was lost is missing (${error.message}).`);
      await this.attach();
    }
  }

  /** @param known how many bytes the stream will repeat */
  async #open(
    method: string,
    path: string,
    query: Record<string, unknown>,
    known: Record<OutputSource, number>,
  ): Promise<void> {
    this.#interruptions = this.#engine.link?.interruptions ?? 0;
    const { signal } = new AbortController();
    const stream = await this.#engine.stream(method, path, { query, hijack: method === 'POST', signal });
    const repeated = { ...known };
    const take = createDemuxer((source, chunk) => {
      const skipped = Math.min(repeated[source], chunk.length);
      repeated[source] -= skipped;
      if (skipped < chunk.length) this.#passOn(source, chunk.subarray(skipped));
    });
    this.#stream = stream;
    readInTurns(stream, take, this.#turns);
    this.#streamOver = new Promise((resolve) => {
      stream.once('close', resolve);
      stream.once('error', () => resolve());
    });
  }

  #passOn(source: OutputSource, chunk: Buffer): void {
    this.#passedOn[source] += chunk.length;
    if (source === 'stderr') this.#lastWords = Buffer.concat([this.#lastWords, chunk]).subarray(-KEPT_BYTES);
    this.#request.onOutput(source, chunk);
  }
}
