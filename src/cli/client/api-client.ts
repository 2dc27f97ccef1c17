import { request as httpRequest, type IncomingMessage } from 'node:http';
import { DEV_PREFIX, type DevBackend, type DevInfo, type ServiceBuild } from '../../contract/dev-endpoints.js';
import type { ErrorBody } from '../../contract/errors/error-body.js';
import { JamdevError } from '../../contract/errors/jamdev-error.js';
import type { BackendInfo, ConnectResponse } from '../../contract/responses.js';
import type { PublicStatus } from '../../contract/status.js';
import { noteHandled } from '../../os/debug/debug-log.js';
import { errorCode } from '../../os/error-code.js';
import { howToStartAt } from './api-url.js';
import { clientErrors } from './client-errors.js';
import { pickByName } from './pick-by-name.js';

/** The longest error answer that is read: one holds the last lines of a build or a backend at most. */
const MAX_ERROR_BYTES = 16 * 1024 * 1024;

/** Which lines of logs to read. */
export interface LogsQuery {
  /** A backend's id or a key; left out: all backends. */
  backend?: string;
  /** Only so many last lines of what is there. */
  tail?: number;
  follow: boolean;
  /** Only of backends that have crashed, of earlier runs too. */
  crashed?: boolean;
  /** Also lines that have no end yet. */
  unfinished?: boolean;
}

/** How a command reaches a running dev server: over HTTP, and in no other way. */
export class ApiClient {
  readonly #base: string;
  readonly #signal: AbortSignal;
  readonly #who: string;

  /**
   * @param signal ends whatever is under way
   * @param who the dev server's process, for messages; see `clientErrors.devServerUnreachable`
   */
  constructor(apiUrl: string, signal: AbortSignal, who = '') {
    this.#base = apiUrl.replace(/\/+$/, '');
    this.#signal = signal;
    this.#who = who;
  }

  connect(service: string, environment: string | undefined, body: unknown): Promise<ConnectResponse> {
    const path = [service, ...(environment === undefined ? [] : [environment])].map(encodeURIComponent).join('/');
    return this.#json('POST', `/v2/service/-/${path}/connect`, body);
  }

  terminate(backendId: string, hard: boolean): Promise<unknown> {
    return this.#json('POST', `/v2/backend/${encodeURIComponent(backendId)}/terminate`, { hard });
  }

  status(backendId: string): Promise<PublicStatus> {
    return this.#json('GET', `/v2/backend/${encodeURIComponent(backendId)}/status`);
  }

  /** What is known of a backend, its exit code among it. */
  info(backendId: string): Promise<BackendInfo> {
    return this.#json('GET', `/v2/backend/${encodeURIComponent(backendId)}`);
  }

  /** All statuses so far and the live ones, until it is terminated. */
  async *statuses(backendId: string): AsyncGenerator<PublicStatus> {
    for await (const line of this.#lines(`/v2/backend/${encodeURIComponent(backendId)}/status/stream`)) {
      if (line.startsWith('data:')) yield JSON.parse(line.slice('data:'.length)) as PublicStatus;
    }
  }

  /**
   * Which dev server it is.
   * @param maxBytes a longer answer is no dev server's
   * @throws JamdevError `DevServerUnreachable`, also when something else answers there
   */
  async serverInfo(maxBytes?: number): Promise<DevInfo> {
    const info = await this.#json<Partial<DevInfo> | null>('GET', `${DEV_PREFIX}/info`, undefined, maxBytes);
    if (typeof info?.run_id !== 'string' || typeof info.pid !== 'number')
      throw this.#notDevServer('its answer is not that of a dev server');
    return info as DevInfo;
  }

  /** @param options.earlier also those of earlier runs */
  async backends({ earlier = false } = {}): Promise<DevBackend[]> {
    const query = earlier ? '?earlier=true' : '';
    const answer = await this.#json<{ backends: DevBackend[] }>('GET', `${DEV_PREFIX}/backends${query}`);
    return answer.backends;
  }

  /** Builds every service again, or the one named, and waits. */
  async build(service: string | undefined): Promise<ServiceBuild[]> {
    return (await this.#json<{ builds: ServiceBuild[] }>('POST', `${DEV_PREFIX}/build`, { service })).builds;
  }

  /**
   * Finds a backend by id, key or SERVICE/KEY: the running holder of the key, else the newest that had it.
   * @throws JamdevError when there is none, or the key is held in several services
   */
  async findBackend(name: string): Promise<DevBackend> {
    return pickByName(name, await this.backends(), (backend) => ({ backend }));
  }

  /** Lines of logs, each the JSON text of a `LogRecordJson`. */
  logs(query: LogsQuery): AsyncGenerator<string> {
    const parameters = new URLSearchParams({ follow: String(query.follow) });
    if (query.crashed) parameters.set('crashed', 'true');
    if (query.unfinished) parameters.set('unfinished', 'true');
    if (query.backend !== undefined) parameters.set('backend', query.backend);
    if (query.tail !== undefined) parameters.set('tail', String(query.tail));
    return this.#lines(`${DEV_PREFIX}/logs?${parameters}`);
  }

  async #json<T>(method: string, path: string, body?: unknown, maxBytes?: number): Promise<T> {
    const response = await this.#send(method, path, body);
    const text = await this.#text(response, maxBytes);
    try {
      return JSON.parse(text) as T;
    } catch (error) {
      noteHandled('cli', 'reading an answer as JSON', error);
      throw this.#notDevServer('its answer is not JSON');
    }
  }

  async #text(response: IncomingMessage, maxBytes = Number.POSITIVE_INFINITY): Promise<string> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    try {
      for await (const chunk of response as AsyncIterable<Buffer>) {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > maxBytes) throw this.#notDevServer('its answer is too long');
      }
    } catch (error) {
      if (error instanceof JamdevError || this.#signal.aborted) throw error;
      throw this.#unreachable(`its answer was cut off: ${errorCode(error)}`);
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  #notDevServer(detail: string): JamdevError {
    return clientErrors.notADevServer(this.#base, detail, this.#who);
  }

  #unreachable(detail: string): JamdevError {
    return clientErrors.devServerUnreachable(this.#base, detail, this.#who, howToStartAt(this.#base));
  }

  #failure(text: string, status: number): JamdevError {
    return parseErrorAnswer(text) ?? this.#notDevServer(`it answers with status ${status}`);
  }

  async *#lines(path: string): AsyncGenerator<string> {
    const response = await this.#send('GET', path);
    response.setEncoding('utf8');
    let rest = '';
    try {
      for await (const chunk of response) {
        const lines = (rest + String(chunk)).split('\n');
        rest = lines.pop() ?? '';
        yield* lines;
      }
    } catch (error) {
      if (!this.#signal.aborted) throw this.#unreachable(errorCode(error));
    }
    if (rest !== '') yield rest;
  }

  #send(method: string, path: string, body?: unknown): Promise<IncomingMessage> {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const request = httpRequest(`${this.#base}${path}`, {
        method,
        agent: false,
        signal: this.#signal,
        headers: {
          accept: 'application/json',
          ...(payload === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
        },
      });
      request.once('response', (response) => {
        if ((response.statusCode ?? 500) < 400) return resolve(response);
        this.#text(response, MAX_ERROR_BYTES).then(
          (text) => reject(this.#failure(text, response.statusCode ?? 500)),
          reject,
        );
      });
      request.once('error', (error) => {
        const code = errorCode(error);
        if (this.#signal.aborted) reject(error);
        else reject(code.startsWith('HPE_') ? this.#notDevServer('it does not speak HTTP') : this.#unreachable(code));
      });
      request.end(payload);
    });
  }
}

/** Reads an error answer of the API; undefined if it is none. */
export function parseErrorAnswer(text: string): JamdevError | undefined {
  try {
    const { code, message } = (JSON.parse(text) as ErrorBody).error;
    if (typeof code === 'string' && typeof message === 'string')
      return new JamdevError(code as JamdevError['code'], message);
  } catch (error) {
    noteHandled('cli', 'reading an error answer', error);
    // Another server's way to tell an error.
  }
  return undefined;
}
