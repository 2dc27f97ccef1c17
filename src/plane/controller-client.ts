import { z } from 'zod';
import { clusterErrors } from '../contract/errors/cluster-errors.js';
import { JamdevError } from '../contract/errors/jamdev-error.js';
import { noteHandled } from '../os/debug/debug-log.js';
import { errorCode } from '../os/error-code.js';
import { AnswerTimeout, KeptConnections } from './controller-http.js';
import {
  type ClusterState,
  clusterStateSchema,
  type PlaneConnection,
  type PlaneConnectRequest,
  type PlaneStatus,
  planeConnectionSchema,
  planeErrorSchema,
  planeStatusSchema,
} from './controller-wire.js';
import { readEventData } from './event-data.js';

/** A controller answers a connect within milliseconds; one that takes longer has lost its database. */
const ANSWER_TIMEOUT_MS = 10_000;
/** Plane sends a comment every 15 s; a stream that is silent for longer has lost its other end. */
const STREAM_SILENCE_MS = 45_000;
/**
 * Plane's name of every error that it does not expect, such as a database that is away. It does not say whether the request
 * was done: the database may have been lost after that.
 */
const UNEXPECTED_KIND = 'Other';

/** The controller understood a request and said no. */
export class ControllerRefusal extends Error {
  override readonly name = 'ControllerRefusal';

  /** @param kind Plane's name of the error, such as `NoDroneAvailable` */
  constructor(
    readonly kind: string,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Talks to the controllers of a Plane cluster over HTTP, through one address. Every method throws the JamdevError
 * `ControllerUnavailable` where none answers or can do its work, `ControllerFailed` where the answer makes no sense, the reason of its signal,
 * and {@link ControllerRefusal} where it is named.
 */
export class ControllerClient {
  readonly #base: string;
  readonly #kept: KeptConnections;

  /** @param url without a path */
  constructor(url: string) {
    this.#base = url.replace(/\/+$/, '');
    this.#kept = new KeptConnections(this.#base);
  }

  /** @throws ControllerRefusal */
  connect(request: PlaneConnectRequest, signal?: AbortSignal): Promise<PlaneConnection> {
    return this.#json('POST', '/ctrl/connect', planeConnectionSchema, { body: request, signal });
  }

  /** Begins the end of a backend; of one that has ended already, too. @throws ControllerRefusal */
  async terminate(id: string, hard: boolean): Promise<void> {
    const path = `/ctrl/b/${encodeURIComponent(id)}/${hard ? 'hard' : 'soft'}-terminate`;
    await this.#json('POST', path, z.unknown(), {});
  }

  /** @returns undefined for a backend that the cluster does not know */
  async status(id: string, signal?: AbortSignal): Promise<PlaneStatus | undefined> {
    try {
      return await this.#json('GET', `/pub/b/${encodeURIComponent(id)}/status`, planeStatusSchema, { signal });
    } catch (error) {
      if (error instanceof ControllerRefusal && error.kind === 'NotFound') return undefined;
      throw error;
    }
  }

  /**
   * Yields the statuses of a backend, live. Ends when the connection does, never by itself, and for a backend that the
   * cluster does not know as well.
   * @param after the last one that is known: only later ones come
   */
  async *statuses(id: string, after: string | undefined, signal: AbortSignal): AsyncGenerator<PlaneStatus, void> {
    const path = `/pub/b/${encodeURIComponent(id)}/status-stream`;
    const headers = { accept: 'text/event-stream', ...(after !== undefined && { 'last-event-id': after }) };
    const silence = new AbortController();
    const either = AbortSignal.any([signal, silence.signal]);
    const timer = setTimeout(() => silence.abort(), STREAM_SILENCE_MS);
    try {
      const response = await fetch(this.#base + path, { headers, signal: either });
      if (!response.ok || response.body === null) throw toError(response.status, await response.text());
      for await (const data of readEventData(response.body, () => timer.refresh())) {
        yield planeStatusSchema.parse(JSON.parse(data));
      }
    } catch (error) {
      throw explain(error, signal);
    } finally {
      clearTimeout(timer);
      silence.abort();
    }
  }

  /** Which drones there are. */
  clusterState(cluster: string, signal?: AbortSignal): Promise<ClusterState> {
    return this.#json('GET', `/ctrl/c/${encodeURIComponent(cluster)}/state`, clusterStateSchema, { signal });
  }

  /** Keeps new backends off a drone, for good. @throws ControllerRefusal */
  async drain(cluster: string, drone: string): Promise<void> {
    const path = `/ctrl/c/${encodeURIComponent(cluster)}/d/${encodeURIComponent(drone)}/drain`;
    await this.#json('POST', path, z.unknown(), {});
  }

  async #json<T>(
    method: 'GET' | 'POST',
    path: string,
    schema: z.ZodType<T>,
    { body, signal }: { body?: unknown; signal?: AbortSignal | undefined },
  ): Promise<T> {
    try {
      const { status, text } = await this.#kept.ask(path, {
        method,
        body: body === undefined ? undefined : JSON.stringify(body),
        timeoutMs: ANSWER_TIMEOUT_MS,
        signal,
      });
      if (status < 200 || status > 299) throw toError(status, text);
      return schema.parse(JSON.parse(text));
    } catch (error) {
      throw explain(error, signal);
    }
  }
}

/** What an answer that says no means. Axum's own refusals, such as 422, are plain text. */
function toError(status: number, text: string): Error {
  try {
    const { kind, message } = planeErrorSchema.parse(JSON.parse(text));
    if (kind === UNEXPECTED_KIND) return clusterErrors.controllerHelpless(message);
    return new ControllerRefusal(kind, message);
  } catch (error) {
    noteHandled('plane', 'reading an error of the controller', error);
    return clusterErrors.controllerFailed(`status ${status}${text === '' ? '' : `, ${text.slice(0, 200)}`}`);
  }
}

function explain(error: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  if (error instanceof AnswerTimeout) {
    return clusterErrors.controllerUnavailable(`no answer within ${ANSWER_TIMEOUT_MS / 1000} s`);
  }
  if (error instanceof z.ZodError) return clusterErrors.controllerFailed(`an answer in another form: ${error.message}`);
  if (error instanceof SyntaxError) return clusterErrors.controllerFailed('an answer that is not JSON');
  const { name, cause, code } = (error ?? {}) as { name?: unknown; cause?: unknown; code?: unknown };
  if (name === 'AbortError') return clusterErrors.controllerUnavailable(`silent for ${STREAM_SILENCE_MS / 1000} s`);
  // What fetch() throws for everything that happens to a connection; the socket's own error is its cause.
  if (error instanceof TypeError)
    return clusterErrors.controllerUnavailable(cause === undefined ? error.message : errorCode(cause));
  // What a kept connection says of itself.
  if (error instanceof Error && !(error instanceof JamdevError) && typeof code === 'string') {
    // undici's own codes, of a connection that broke, say less than its words.
    return clusterErrors.controllerUnavailable(code.startsWith('UND_') ? error.message : code);
  }
  return error;
}
