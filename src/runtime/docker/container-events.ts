import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import type { Engine } from '../../docker-engine/engine.js';
import { pause } from '../../os/clock.js';
import { ignoreError, noteHandled } from '../../os/debug/debug-log.js';
import { ReadTurns } from '../../os/read-in-turns.js';
import { LABEL } from './labels.js';

const RETRY_PAUSE_MS = 500;
const OUT_OF_MEMORY = 'oom';
/** Podman sends "died", and both names mean the same. */
const DEATHS = ['die', 'died'];
/** What someone does to a container that runs. */
const DISTURBANCES = ['pause', 'kill'];

const eventSchema = z.object({
  Action: z.string().optional(),
  /** The older name of the action, which Podman uses alone. */
  status: z.string().optional(),
  Actor: z.object({ ID: z.string(), Attributes: z.record(z.string(), z.string()) }),
  timeNano: z.number(),
});

/** How a container ended, by the engine's event. */
export interface DeathEvent {
  exitCode: number;
  /** When the event was made, by the engine's clock; ms since 1970. */
  engineMs: number;
}

/** Receives what happens to one container. */
export interface ContainerListener {
  died(event: DeathEvent): void;
  /** The kernel ended a process of it, as it needed more memory than it may have. */
  ranOutOfMemory(): void;
  /** It was paused, or a signal was sent to it, by this program or by someone else. */
  disturbed(): void;
  /** Events may have been missed: the container may have died, or the engine. */
  check(): Promise<void>;
}

/**
 * Reports when containers of a run die, over one connection to the engine's events. They come a tenth of a second before
 * the engine answers a `wait`, or any other question about the container, since it cleans up first.
 */
export class ContainerEvents {
  /** Shared by what reads the outputs of containers. */
  readonly turns = new ReadTurns();
  readonly #engine: Engine;
  readonly #runId: string;
  readonly #closed = new AbortController();
  /** By the container's id. */
  readonly #listeners = new Map<string, ContainerListener>();
  #opening: Promise<void> | undefined;

  constructor(engine: Engine, runId: string) {
    this.#engine = engine;
    this.#runId = runId;
  }

  /**
   * Resolves when every death from now on will be reported.
   * @throws JamdevError when it does not answer
   */
  async open(): Promise<void> {
    this.#opening ??= this.#connect().catch((error) => {
      this.#opening = undefined;
      throw error;
    });
    await this.#opening;
  }

  /** Call it before the container is started. @returns ends the listening */
  listen(id: string, listener: ContainerListener): () => void {
    this.#listeners.set(id, listener);
    return () => this.#listeners.delete(id);
  }

  close(): void {
    this.#closed.abort();
  }

  async #connect(): Promise<void> {
    const filters = JSON.stringify({
      type: ['container'],
      event: [...DEATHS, ...DISTURBANCES, OUT_OF_MEMORY],
      label: [`${LABEL.run}=${this.#runId}`],
    });
    const { signal } = this.#closed;
    const stream = await this.#engine.stream('GET', '/events', { query: { filters }, signal });
    void this.#read(stream);
  }

  async #read(stream: Readable): Promise<void> {
    const lines = createInterface({ input: stream });
    lines.on('line', (line) => this.#hear(line));
    await new Promise<void>((resolve) => {
      stream.once('close', resolve);
      // Reading lines passes errors on to the interface.
      for (const each of [stream, lines]) each.on('error', () => resolve());
    });
    this.#opening = undefined;
    await this.#reopen();
  }

  /** A line that is no event, such as an error of the engine or the start of a line that was cut off, is skipped. */
  #hear(line: string): void {
    const { data, error } = parseEvent(line);
    if (data === undefined) return noteHandled('docker', 'reading an event of the engine', error);
    const { Actor, timeNano } = data;
    const [listener, action = ''] = [this.#listeners.get(Actor.ID), data.Action ?? data.status];
    if (action === OUT_OF_MEMORY) return listener?.ranOutOfMemory();
    if (DISTURBANCES.includes(action)) return listener?.disturbed();
    // The second name is Podman's.
    const { exitCode, containerExitCode } = Actor.Attributes;
    const event = { exitCode: Number(exitCode ?? containerExitCode), engineMs: timeNano / 1e6 };
    listener?.died(event);
  }

  /**
   * The connection has ended: the engine is asked again as long as one container lives, and each is looked at. Those of an
   * engine on this machine that does not answer are lost with it.
   */
  async #reopen(): Promise<void> {
    const { signal } = this.#closed;
    while (this.#listeners.size > 0 && !signal.aborted) {
      const isOpen = await this.open().then(
        () => true,
        ignoreError('docker', 'listening to the events of the engine again', false),
      );
      // Containers of another machine go on while it can't be reached, and are looked at once it is.
      if (isOpen || this.#engine.link === undefined) {
        await Promise.all([...this.#listeners.values()].map((listener) => listener.check()));
      }
      if (isOpen) return;
      await pause(RETRY_PAUSE_MS, signal);
    }
  }
}

function parseEvent(line: string): { data?: z.infer<typeof eventSchema> | undefined; error?: unknown } {
  try {
    return eventSchema.safeParse(JSON.parse(line));
  } catch (error) {
    return { error };
  }
}
