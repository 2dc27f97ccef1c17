import type { IncomingMessage } from 'node:http';
import { release } from 'node:os';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import Modem from 'docker-modem';
import { z } from 'zod';
import { systemClock } from '../os/clock.js';
import { dockerErrors } from './docker-errors.js';
import { type Endpoint, type EngineChoice, findEndpoint } from './endpoint.js';
import { createEngineAgent } from './engine-agent.js';
import { EngineError } from './engine-error.js';
import { EngineLink } from './engine-link.js';
import { explainUnreachable } from './unreachable.js';

/** For everything that is not known to be quick: creating, starting, removing. An engine that hangs must not hang jamdev. */
const REQUEST_TIMEOUT_MS = 120_000;
/** For a quick question, or for a signal. */
export const QUICK_REQUEST_MS = 10_000;
/** Engines from 25 to 29 accept it; older ones get their own newest version, which has all that is used here. */
const API_VERSION = '1.44';
const SUCCESS = { 101: true, 200: true, 201: true, 204: true, 304: true };

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

/** What an engine reports about itself. */
export type EngineVersion = z.infer<typeof versionSchema>;

/** A request to the engine. */
export interface EngineRequest {
  query?: Record<string, unknown>;
  body?: unknown;
  /** A tar archive, in place of a body. */
  file?: Buffer;
  timeoutMs?: number;
  /** For the registry that the engine is to use. */
  login?: RegistryLogin | undefined;
}

/** Who pushes to a registry, or pulls from it. */
export interface RegistryLogin {
  username: string;
  password: string;
  serveraddress: string;
}

/** A GET request that any engine answers quickly. */
interface Probe {
  path: string;
  query?: Record<string, unknown>;
}

/** The HTTP API of a Docker Engine, or of Podman, which offers the same one. */
export class Engine {
  readonly endpoint: Endpoint;
  /** Watches the connection to another machine; undefined for an engine on this one. */
  readonly link: EngineLink | undefined;
  readonly #modem: Modem;
  #prefix = '';
  #sharesKernel = false;
  #isPodman = false;

  readonly #probe: Probe;

  /**
   * Sends nothing yet. To get an engine that answers, use {@link connectEngine}.
   * @param probe is asked to see whether the engine still answers
   */
  constructor(endpoint: Endpoint, probe: Probe = { path: '/_ping' }) {
    this.endpoint = endpoint;
    this.#probe = probe;
    this.link = endpoint.remote && new EngineLink((signal) => this.#ping(signal), systemClock);
    endpoint.tunnel?.events.on('interrupted', () => this.link?.interrupt());
    // Whatever is left out here, docker-modem takes from the environment.
    const options = { host: undefined, port: undefined, ca: undefined, cert: undefined, key: undefined };
    const protocol = endpoint.tls === undefined ? 'http' : 'https';
    const agent = createEngineAgent(endpoint);
    const socketPath = 'path' in endpoint.address ? endpoint.address.path : endpoint.url;
    try {
      this.#modem = new Modem({ ...options, timeout: undefined, protocol, agent, socketPath });
    } catch (error) {
      throw dockerErrors.dockerStopped((error as Error).message);
    }
  }

  /** Asks the engine for its version, and uses an API version from then on that both sides know. */
  async version(signal?: AbortSignal): Promise<EngineVersion> {
    const answer = await this.#askVersion(withDeadline(QUICK_REQUEST_MS, signal));
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

  /** Whether it runs on this very kernel, so that times and process ids of both can be compared. */
  get sharesKernel(): boolean {
    return this.#sharesKernel;
  }

  /** Asks the engine for its time; ms since 1970, rounded down to a second. */
  async now(): Promise<number> {
    const answer = await this.#ping(AbortSignal.timeout(QUICK_REQUEST_MS));
    return Date.parse(answer.headers.date ?? '');
  }

  /** Ends the connection to another machine. */
  close(): void {
    this.link?.close();
    this.endpoint.tunnel?.close();
  }

  /**
   * Sends a request, and reads the whole answer.
   * @throws EngineError as the engine answers; JamdevError `DockerStopped`, `DockerForbidden` when it does not
   */
  async request<T = unknown>(method: string, path: string, request: EngineRequest = {}): Promise<T> {
    const signal = this.#whileLinked(AbortSignal.timeout(request.timeoutMs ?? REQUEST_TIMEOUT_MS));
    return this.#read<T>(method, this.#prefix + path, request, signal);
  }

  /**
   * Sends a request whose answer is read as it comes; errors as for `request`.
   * @param hijack makes the connection the stream, as attaching to a container does
   * @param signal ends the request, and the stream
   */
  async stream(
    method: string,
    path: string,
    { hijack = false, signal, ...request }: EngineRequest & { hijack?: boolean; signal: AbortSignal },
  ): Promise<Readable> {
    const whileLinked = this.#whileLinked(signal);
    const stream = await this.#dial(method, this.#prefix + path, request, { hijack, signal: whileLinked });
    // A signal of Node.js' own ends a request, and no connection that has become a stream.
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

  /** What answers with an error here is no engine, or one that wants TLS. */
  async #askVersion(signal: AbortSignal): Promise<unknown> {
    try {
      return await this.#read('GET', '/version', {}, signal);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      throw await explainUnreachable(this.endpoint, error, signal);
    }
  }

  /** @returns the parsed JSON of the answer; undefined if it is empty */
  async #read<T>(method: string, path: string, request: EngineRequest, signal: AbortSignal): Promise<T> {
    const answer = await this.#dial(method, path, request, { signal });
    try {
      const body = await text(answer);
      return (body.trim() === '' ? undefined : JSON.parse(body)) as T;
    } catch (error) {
      throw await explainUnreachable(this.endpoint, error as Error, signal);
    }
  }

  /** Always as a stream: if a connection ends in the middle of an answer that docker-modem reads itself, it never settles. */
  #dial(
    method: string,
    path: string,
    { query = {}, body = {}, file, login }: EngineRequest,
    { signal, hijack = false }: { signal: AbortSignal; hijack?: boolean },
  ): Promise<Readable> {
    return new Promise((resolve, reject) => {
      const options = { _query: query, _body: body };
      this.#modem.dial(
        {
          ...{
            method,
            path: `${path}?`,
            options,
            file,
            statusCodes: SUCCESS,
            abortSignal: signal,
            isStream: true,
            hijack,
          },
          ...(login === undefined ? {} : { authconfig: login }),
        },
        (error, answer) =>
          error === null ? resolve(answer as Readable) : void this.#explain(error, signal).then(reject),
      );
    });
  }

  async #explain(error: Error & { statusCode?: number }, signal: AbortSignal): Promise<Error> {
    const { statusCode, message } = error;
    if (statusCode === undefined) return explainUnreachable(this.endpoint, error, signal);
    return new EngineError(
      statusCode,
      message
        .replace(/^\(HTTP code \d+\) \w+ - /, '')
        .trim()
        .replace(/\.$/, ''),
    );
  }
}

/**
 * Connects to the engine that the docker client uses. To be closed when it is not needed anymore.
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

function withDeadline(ms: number, signal: AbortSignal | undefined): AbortSignal {
  const deadline = AbortSignal.timeout(ms);
  return signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
}

/** Whether an engine is Podman, which offers the same API. */
export function isPodman({ Components }: EngineVersion): boolean {
  return Components.some(({ Name }) => Name.includes('Podman'));
}

/** @returns less than, equal to, or greater than 0 */
function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
