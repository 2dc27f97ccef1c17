import { request as httpRequest, type IncomingMessage } from 'node:http';
import { DEV_PREFIX, type DevBackend, type DevInfo, type ServiceBuild } from '../contract/dev-endpoints.js';
import { type ErrorBody, JamdevError, problem } from '../contract/errors.js';
import type { BackendInfo, ConnectResponse } from '../contract/responses.js';
import type { PublicStatus } from '../contract/status.js';
import { errorCode } from '../os/error-code.js';
import { findRunningServer } from '../records/server-records.js';

/** How a command reaches a running dev server: over HTTP, and in no other way. */
export class ApiClient {
  readonly #base: string;
  readonly #signal: AbortSignal;

  /** @param signal ends whatever is under way */
  constructor(apiUrl: string, signal: AbortSignal) {
    this.#base = apiUrl.replace(/\/+$/, '');
    this.#signal = signal;
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

  /** Which dev server it is. */
  serverInfo(): Promise<DevInfo> {
    return this.#json('GET', `${DEV_PREFIX}/info`);
  }

  async backends(): Promise<DevBackend[]> {
    const answer = await this.#json<{ backends: DevBackend[] }>('GET', `${DEV_PREFIX}/backends`);
    return answer.backends;
  }

  /** Builds every service anew, and waits. */
  async build(): Promise<ServiceBuild[]> {
    return (await this.#json<{ builds: ServiceBuild[] }>('POST', `${DEV_PREFIX}/build`)).builds;
  }

  /**
   * Finds a backend by id or key: the running holder of the key, else the newest that had it.
   * @throws JamdevError when there is none, or the key is held in several services
   */
  async findBackend(name: string): Promise<DevBackend> {
    const all = await this.backends();
    const byId = all.find((backend) => backend.id === name);
    if (byId !== undefined) return byId;
    const byKey = all.filter((backend) => backend.key === name);
    const running = byKey.filter((backend) => backend.status.status !== 'terminated');
    if (running.length > 1)
      throw problem.keyInSeveralServices(
        name,
        running.map((backend) => backend.id),
      );
    const found = running[0] ?? byKey.at(-1);
    if (found === undefined) throw problem.noBackendFor(name);
    return found;
  }

  /** Lines of logs, each the JSON text of a `LogRecordJson`. */
  logs(query: { backend?: string; tail?: number; follow: boolean }): AsyncGenerator<string> {
    const parameters = new URLSearchParams({ follow: String(query.follow) });
    if (query.backend !== undefined) parameters.set('backend', query.backend);
    if (query.tail !== undefined) parameters.set('tail', String(query.tail));
    return this.#lines(`${DEV_PREFIX}/logs?${parameters}`);
  }

  async #json<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await this.#send(method, path, body);
    return JSON.parse(await readText(response)) as T;
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
      if (!this.#signal.aborted) throw problem.devServerUnreachable(this.#base, errorCode(error));
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
        readText(response).then((text) => reject(toError(text, response.statusCode ?? 500, this.#base)), reject);
      });
      request.once('error', (error) => {
        reject(this.#signal.aborted ? error : problem.devServerUnreachable(this.#base, errorCode(error)));
      });
      request.end(payload);
    });
  }
}

/** Which dev server a command is for. */
export interface DevServerChoice {
  /** The option `--api`. */
  api?: string | undefined;
}

/**
 * Finds the dev server: `--api`, then JAMDEV_API_URL, then the one that runs for the folder or one above it.
 * @throws JamdevError `NoDevServer`, or `Usage` when the URL is none
 */
export async function findDevServer(choice: DevServerChoice, signal: AbortSignal): Promise<ApiClient> {
  const named = choice.api ?? process.env.JAMDEV_API_URL;
  if (named !== undefined && named !== '') {
    if (!URL.canParse(named) || !named.startsWith('http:')) {
      throw problem.usage(`"${named}" is not the URL of a dev server.`, 'It looks like http://localhost:8080');
    }
    return new ApiClient(named, signal);
  }
  const record = await findRunningServer(process.cwd());
  if (record === undefined) throw problem.noDevServer(process.cwd());
  return new ApiClient(record.apiUrl, signal);
}

async function readText(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8');
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return text;
}

function toError(text: string, status: number, base: string): Error {
  try {
    const { error } = JSON.parse(text) as ErrorBody;
    return new JamdevError(error.code as JamdevError['code'], error.message);
  } catch {
    return problem.devServerUnreachable(base, `it answered with status ${status}, which is not jamdev's way`);
  }
}
