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

/** A controller answers a connect within milliseconds. If it takes longer, it has lost its database. */
const ANSWER_TIMEOUT_MS = 10_000;
/** Plane sends a comment every 15 s, so a stream that is silent for longer is dead. */
const STREAM_SILENCE_MS = 45_000;
/**
 * Plane's kind for every unexpected error, such as an unavailable database. The request may have been carried out
 * anyway: the database may have been lost afterwards.
 */
const UNEXPECTED_KIND = 'Other';

/** The controller understood a request and refused it. */
export class ControllerRefusal extends Error {
  override readonly name = 'ControllerRefusal';

  /** @param kind Plane's kind of the error, such as `NoDroneAvailable` */
  constructor(
    readonly kind: string,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Sends requests to the controllers of a Plane cluster through a single HTTP address. Every method throws the
 * JamdevError `ControllerUnavailable` if no controller answers or can do its work, `ControllerFailed` if the answer is
 * invalid, its signal's reason, and {@link ControllerRefusal} where documented.
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

  /** Begins to terminate a backend; also succeeds if it has ended already. @throws ControllerRefusal */
  async terminate(id: string, hard: boolean): Promise<void> {
    const path = `/ctrl/b/${encodeURIComponent(id)}/${hard ? 'hard' : 'soft'}-terminate`;
    await this.#json('POST', path, z.unknown(), {});
  }

  /** @returns undefined if the cluster does not know the backend */
  async status(id: string, signal?: AbortSignal): Promise<PlaneStatus | undefined> {
    try {
      return await this.#json('GET', `/pub/b/${encodeURIComponent(id)}/status`, planeStatusSchema, { signal });
    } catch (error) {
      if (error instanceof ControllerRefusal && error.kind === 'NotFound') return undefined;
      throw error;
    }
  }

  /**
   * Yields live statuses of a backend. Ends only when the connection ends, even if the cluster does not know the
   * backend.
   * @param after the last known status; only later ones are sent
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

  /** Returns the drones of a cluster. */
  clusterState(cluster: string, signal?: AbortSignal): Promise<ClusterState> {
    return this.#json('GET', `/ctrl/c/${encodeURIComponent(cluster)}/state`, clusterStateSchema, { signal });
  }

  /** Permanently keeps new backends off a drone. @throws ControllerRefusal */
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

/** Interprets an error answer. Axum's own refusals, such as 422, are plain text. */
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
  // fetch() throws a TypeError for every connection failure; its cause is the socket's error.
  if (error instanceof TypeError)
    return clusterErrors.controllerUnavailable(cause === undefined ? error.message : errorCode(cause));
  // An error of a kept connection.
  if (error instanceof Error && !(error instanceof JamdevError) && typeof code === 'string') {
    // For a broken connection, undici's own codes say less than its messages.
    return clusterErrors.controllerUnavailable(code.startsWith('UND_') ? error.message : code);
  }
  return error;
}
