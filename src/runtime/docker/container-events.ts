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
/** Podman's name for the event is "died". */
const DEATHS = ['die', 'died'];
/** Interventions of someone else in a running container. */
const DISTURBANCES = ['pause', 'kill'];

const eventSchema = z.object({
  Action: z.string().optional(),
  /** The older name of the action, and the only one that Podman uses. */
  status: z.string().optional(),
  Actor: z.object({ ID: z.string(), Attributes: z.record(z.string(), z.string()) }),
  timeNano: z.number(),
});

/** The engine's event about the end of a container. */
export interface DeathEvent {
  exitCode: number;
  /** When the event was created, by the engine's clock, in milliseconds since the epoch. */
  engineMs: number;
}

/** Receives the events of one container. */
export interface ContainerListener {
  died(event: DeathEvent): void;
  /** Reports that the kernel killed one of the container's processes because of the memory limit. */
  ranOutOfMemory(): void;
  /** Reports that the container was paused or got a signal, from this process or from someone else. */
  disturbed(): void;
  /** Events may have been missed: the container or the engine may have died. */
  check(): Promise<void>;
}

/**
 * Reports when containers of a run die, over a single connection to the engine's events. Events arrive a tenth of a
 * second before the engine answers a `wait` or any other request about the container, because it cleans up first.
 */
export class ContainerEvents {
  /** Shared by all readers of container output. */
  readonly turns = new ReadTurns();
  readonly #engine: Engine;
  readonly #runId: string;
  readonly #closed = new AbortController();
  /** Listeners by container id. */
  readonly #listeners = new Map<string, ContainerListener>();
  #opening: Promise<void> | undefined;

  constructor(engine: Engine, runId: string) {
    this.#engine = engine;
    this.#runId = runId;
  }

  /**
   * Resolves once all further deaths will be reported.
   * @throws JamdevError if the engine does not answer
   */
  async open(): Promise<void> {
    this.#opening ??= this.#connect().catch((error) => {
      this.#opening = undefined;
      throw error;
    });
    await this.#opening;
  }

  /** Adds a listener. Call this before the container is started. @returns a function that removes it */
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
      // readline forwards errors of the stream to its interface.
      for (const each of [stream, lines]) each.on('error', () => resolve());
    });
    this.#opening = undefined;
    await this.#reopen();
  }

  /**
   * Handles a line of the stream. Lines that are not events, such as an error of the engine or the rest of a line that
   * was cut off, are skipped.
   */
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
   * Reconnects after the connection has ended, as long as any container is alive, and then checks each container. If an
   * engine on this machine does not answer, its containers are lost with it.
   */
  async #reopen(): Promise<void> {
    const { signal } = this.#closed;
    while (this.#listeners.size > 0 && !signal.aborted) {
      const isOpen = await this.open().then(
        () => true,
        ignoreError('docker', 'listening to the events of the engine again', false),
      );
      // Containers on another machine continue while it is unreachable, and are checked once it is reachable again.
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
