import type { Readable } from 'node:stream';
import type { OutputSource } from '../../contract/dev-endpoints.js';
import { createDemuxer } from '../../docker-engine/attached-output.js';
import type { Engine } from '../../docker-engine/engine.js';
import { EngineError, isNotFound } from '../../docker-engine/engine-error.js';
import { type ReadTurns, readInTurns } from '../../os/read-in-turns.js';
import type { SpawnRequest } from '../runtime.js';

/** The end of what the backend printed to stderr is kept, since it may explain the exit; bytes. */
const KEPT_BYTES = 2_048;
const BOTH = { stdout: true, stderr: true };

/**
 * What one container prints, from its first byte to its last. If the connection to an engine on another machine is
 * interrupted, the rest comes from the log that the engine keeps.
 */
export class ContainerOutput {
  readonly #engine: Engine;
  /** Of the container, in the engine's API. */
  readonly #path: string;
  readonly #request: Pick<SpawnRequest, 'onOutput' | 'onRemark'>;
  readonly #turns: ReadTurns;
  /** Bytes that were passed on. */
  readonly #passedOn = { stdout: 0, stderr: 0 };
  #stream: Readable | undefined;
  #streamOver: Promise<void> = Promise.resolve();
  /** Interruptions of the connection before the stream was opened. */
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

  /** The end of what was printed to stderr. */
  get lastWords(): string {
    return this.#lastWords.toString('utf8');
  }

  /** Resolves when the stream that is open now has ended. */
  get streamOver(): Promise<void> {
    return this.#streamOver;
  }

  /** Passes on what is printed from now on. @throws EngineError, JamdevError */
  async attach(): Promise<void> {
    await this.#open('POST', `${this.#path}/attach`, { stream: true, ...BOTH }, { stdout: 0, stderr: 0 });
  }

  /**
   * Passes on what came since the connection was interrupted, and what is to come. Does nothing if it was not.
   * @throws EngineError, JamdevError
   */
  resume(): Promise<void> {
    this.#resuming ??= this.#resume().finally(() => {
      this.#resuming = undefined;
    });
    return this.#resuming;
  }

  /** Resolves when all of an ended container's output was passed on. @throws EngineError, JamdevError */
  async complete(): Promise<void> {
    await this.#streamOver;
    await this.resume();
    await this.#streamOver;
  }

  /** Ends the connection. */
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
