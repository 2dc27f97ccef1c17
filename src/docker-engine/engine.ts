import type { IncomingMessage } from 'node:http';
import { release } from 'node:os';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { systemClock } from '../os/clock.js';
import { withDeadline } from '../os/deadline.js';
import { dockerErrors } from './docker-errors.js';
import { type Endpoint, type EngineChoice, findEndpoint } from './endpoint.js';
import { EngineError } from './engine-error.js';
import { EngineHttp, type EngineRequest } from './engine-http.js';
import { EngineLink } from './engine-link.js';
import { explainUnreachable } from './unreachable.js';

/** Timeout for requests that may be slow: creating, starting, removing. An engine that hangs must not hang jamdev. */
const REQUEST_TIMEOUT_MS = 120_000;
/** Timeout for a quick request or a signal. */
export const QUICK_REQUEST_MS = 10_000;
/**
 * Engines from 25 to 29 accept this version. Older ones are used with their own newest version, which has everything
 * needed.
 */
const API_VERSION = '1.44';

const versionSchema = z.object({
  Version: z.string(),
  ApiVersion: z.string(),
  MinAPIVersion: z.string().optional(),
  Os: z.string(),
  Arch: z.string(),
  KernelVersion: z.string().default(''),
  Platform: z.object({ Name: z.string() }).optional(),
  Components: z.array(z.object({ Name: z.string() })).default([]),
});

/** An engine's report about itself. */
export type EngineVersion = z.infer<typeof versionSchema>;

/** A GET request that every engine answers quickly. */
interface Probe {
  path: string;
  query?: Record<string, unknown>;
}

/** The HTTP API of a Docker Engine, or of Podman, which offers the same API. */
export class Engine {
  readonly endpoint: Endpoint;
  /** Watches the connection to another machine; undefined for an engine on this one. */
  readonly link: EngineLink | undefined;
  readonly #http: EngineHttp;
  #prefix = '';
  #sharesKernel = false;
  #isPodman = false;

  readonly #probe: Probe;

  /**
   * Creates the client without sending a request. Use {@link connectEngine} to get an engine that answers.
   * @param probe the request that checks whether the engine still answers
   */
  constructor(endpoint: Endpoint, probe: Probe = { path: '/_ping' }) {
    this.endpoint = endpoint;
    this.#probe = probe;
    this.link = endpoint.remote && new EngineLink((signal) => this.#ping(signal), systemClock);
    endpoint.tunnel?.events.on('interrupted', () => this.link?.interrupt());
    this.#http = new EngineHttp(endpoint);
  }

  /** Asks the engine for its version. From then on, uses an API version that both sides support. */
  async version(signal?: AbortSignal): Promise<EngineVersion> {
    const answer = await withDeadline(QUICK_REQUEST_MS, signal, (within) => this.#askVersion(within));
    const { data: version } = versionSchema.safeParse(answer);
    if (version === undefined) throw dockerErrors.dockerStopped(`${this.endpoint.url} is not a Docker Engine`);
    const { ApiVersion: newest, MinAPIVersion: oldest = newest } = version;
    const isKnown = (limit: string) => compareVersions(API_VERSION, limit);
    this.#prefix = `/v${isKnown(newest) > 0 ? newest : isKnown(oldest) < 0 ? oldest : API_VERSION}`;
    this.#sharesKernel = this.link === undefined && version.KernelVersion === release();
    this.#isPodman = isPodman(version);
    return version;
  }

  get isPodman(): boolean {
    return this.#isPodman;
  }

  /** Whether the engine runs on this machine's kernel, so that times and process ids can be compared. */
  get sharesKernel(): boolean {
    return this.#sharesKernel;
  }

  /** Returns the engine's time in milliseconds since the epoch, rounded down to a second. */
  async now(): Promise<number> {
    const answer = await withDeadline(QUICK_REQUEST_MS, undefined, (within) => this.#ping(within));
    return Date.parse(answer.headers.date ?? '');
  }

  /** Closes the connection to another machine. */
  close(): void {
    this.link?.close();
    this.endpoint.tunnel?.close();
  }

  /**
   * Sends a request, and reads the whole answer.
   * @throws EngineError if the engine answers with an error; JamdevError `DockerStopped`, `DockerForbidden` if it does
   *   not answer
   */
  async request<T = unknown>(method: string, path: string, request: EngineRequest = {}): Promise<T> {
    const { timeoutMs = REQUEST_TIMEOUT_MS, ...sent } = request;
    return withDeadline(timeoutMs, this.link?.signal, (signal) =>
      this.#read<T>(method, this.#prefix + path, sent, signal),
    );
  }

  /**
   * Sends a request and streams its answer; errors as for `request`.
   * @param hijack turns the connection into the stream, as for attaching to a container
   * @param signal ends the request and the stream
   */
  async stream(
    method: string,
    path: string,
    { hijack = false, signal, ...request }: EngineRequest & { hijack?: boolean; signal: AbortSignal },
  ): Promise<Readable> {
    const whileLinked = this.#whileLinked(signal);
    const stream = await this.#dial(method, this.#prefix + path, request, { hijack, signal: whileLinked });
    // Node.js's own signal option ends a request, but not a connection that has become a stream.
    const end = () => stream.destroy();
    if (whileLinked.aborted) end();
    whileLinked.addEventListener('abort', end, { once: true });
    stream.once('close', () => whileLinked.removeEventListener('abort', end));
    return stream;
  }

  #whileLinked(signal: AbortSignal): AbortSignal {
    return this.link === undefined ? signal : AbortSignal.any([signal, this.link.signal]);
  }

  async #ping(signal: AbortSignal): Promise<IncomingMessage> {
    const { path, query = {} } = this.#probe;
    const answer = await this.#dial('GET', path, { query }, { signal });
    answer.resume();
    return answer as IncomingMessage;
  }

  /** Requests the engine's version. A server that answers this with an error is not an engine, or requires TLS. */
  async #askVersion(signal: AbortSignal): Promise<unknown> {
    try {
      return await this.#read('GET', '/version', {}, signal);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      throw await explainUnreachable(this.endpoint, error, signal);
    }
  }

  /** @returns the parsed JSON of the answer, or undefined if it is empty */
  async #read<T>(method: string, path: string, request: EngineRequest, signal: AbortSignal): Promise<T> {
    const answer = await this.#dial(method, path, request, { signal });
    try {
      const body = await text(answer);
      return (body.trim() === '' ? undefined : JSON.parse(body)) as T;
    } catch (error) {
      throw await explainUnreachable(this.endpoint, error as Error, signal);
    }
  }

  async #dial(
    method: string,
    path: string,
    request: EngineRequest,
    { signal, hijack = false }: { signal: AbortSignal; hijack?: boolean },
  ): Promise<Readable> {
    try {
      return await this.#http.send(method, path, request, { signal, hijack });
    } catch (error) {
      throw error instanceof EngineError ? error : await explainUnreachable(this.endpoint, error as Error, signal);
    }
  }
}

/**
 * Connects to the engine that the docker client uses. The caller must close it.
 * @throws JamdevError `DockerMissing`, `DockerStopped`, `DockerForbidden`, `EngineUnreachable`
 */
export async function connectEngine(choice: EngineChoice = {}): Promise<Engine> {
  const engine = new Engine(await findEndpoint(choice));
  try {
    await engine.version(choice.signal);
  } catch (error) {
    engine.close();
    throw error;
  }
  engine.link?.open();
  return engine;
}

/** Whether an engine is Podman, which offers the same API. */
export function isPodman({ Components }: EngineVersion): boolean {
  return Components.some(({ Name }) => Name.includes('Podman'));
}

/** @returns less than, equal to, or greater than 0 */
function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
