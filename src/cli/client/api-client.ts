import type { DevBackend, ServiceBuild, WarmPool } from '../../contract/dev-endpoints.js';
import { DEV_PREFIX, servePrefix } from '../../contract/dev-prefix.js';
import type { BackendInfo, ConnectResponse } from '../../contract/responses.js';
import type { PublicStatus } from '../../contract/status.js';
import { clientErrors } from './client-errors.js';
import type { HttpApi } from './http-api.js';
import { pickByName } from './pick-by-name.js';

/** Stands for the only account of a dev server, or for the account of the API token. */
export const ANY_ACCOUNT = '-';

/** Selects lines of logs. */
export interface LogsQuery {
  /** A backend's id or key. Default: all backends. */
  backend?: string;
  /** How many of the last existing lines to read. Default: all. */
  tail?: number;
  follow: boolean;
  /** Only backends that crashed, including those of earlier runs. */
  crashed?: boolean;
  /** Includes unfinished lines. */
  unfinished?: boolean;
}

/** The server behind an API: a dev server, or `jamdev serve` and one of its accounts. */
export type ApiKind =
  | { kind: 'dev'; stateFolder?: string | undefined }
  | { kind: 'serve'; url: string; account: string };

/** Client of a running dev server or of `jamdev serve`. Commands reach both over HTTP only. */
export class ApiClient {
  readonly #http: HttpApi;
  readonly #api: ApiKind;
  /** Path prefix of jamdev's own endpoints. */
  readonly #own: string;
  readonly #account: string;

  constructor(http: HttpApi, api: ApiKind) {
    this.#http = http;
    this.#api = api;
    this.#account = api.kind === 'serve' ? encodeURIComponent(api.account) : ANY_ACCOUNT;
    this.#own = api.kind === 'serve' ? servePrefix(this.#account) : DEV_PREFIX;
  }

  /** Whether it is `jamdev serve`. */
  get isServe(): boolean {
    return this.#api.kind === 'serve';
  }

  /** State folder of the dev server; undefined for `jamdev serve`, and for older dev servers that don't report it. */
  get stateFolder(): string | undefined {
    return this.#api.kind === 'dev' ? this.#api.stateFolder : undefined;
  }

  connect(service: string, environment: string | undefined, body: unknown): Promise<ConnectResponse> {
    const path = [service, ...(environment === undefined ? [] : [environment])].map(encodeURIComponent).join('/');
    return this.#http.json('POST', `/v2/service/${this.#account}/${path}/connect`, body);
  }

  terminate(backendId: string, hard: boolean): Promise<unknown> {
    return this.#http.json('POST', `/v2/backend/${encodeURIComponent(backendId)}/terminate`, { hard });
  }

  status(backendId: string): Promise<PublicStatus> {
    return this.#http.json('GET', `/v2/backend/${encodeURIComponent(backendId)}/status`);
  }

  /** Returns everything known about a backend, including its exit code. */
  info(backendId: string): Promise<BackendInfo> {
    return this.#http.json('GET', `/v2/backend/${encodeURIComponent(backendId)}`);
  }

  /** Yields all statuses so far, then each new one until the backend is terminated. */
  async *statuses(backendId: string): AsyncGenerator<PublicStatus> {
    for await (const line of this.#http.lines(`/v2/backend/${encodeURIComponent(backendId)}/status/stream`)) {
      if (line.startsWith('data:')) yield JSON.parse(line.slice('data:'.length)) as PublicStatus;
    }
  }

  /** Lists backends. @param options.earlier includes the backends of earlier runs */
  async backends(options: { earlier?: boolean | undefined } = {}): Promise<DevBackend[]> {
    return (await this.listing(options)).backends;
  }

  /**
   * Lists the backends, the warm pools of services that have one, and everything else that was started ahead of time.
   * @param options.earlier see {@link backends}
   */
  async listing({ earlier = false } = {}): Promise<{ backends: DevBackend[]; pools: WarmPool[]; starts: WarmPool[] }> {
    const query = earlier ? '?earlier=true' : '';
    type Answer = { backends: DevBackend[]; warm_pools?: WarmPool[]; warm_starts?: WarmPool[] };
    const answer = await this.#http.json<Answer>('GET', `${this.#own}/backends${query}`);
    const { backends, warm_pools: pools = [], warm_starts: starts = [] } = answer;
    return { backends, pools, starts };
  }

  /**
   * Rebuilds every service, or the given one, and waits for the outcome.
   * @throws JamdevError `Usage` if the server is `jamdev serve`, which builds nothing
   */
  async build(service: string | undefined): Promise<ServiceBuild[]> {
    if (this.#api.kind === 'serve') throw clientErrors.serveBuildsNothing(this.#api.url);
    return (await this.#http.json<{ builds: ServiceBuild[] }>('POST', `${DEV_PREFIX}/build`, { service })).builds;
  }

  /**
   * Finds a backend by id, key or SERVICE/KEY: the running holder of the key, otherwise the newest backend that had it.
   * @throws JamdevError if there is none, or the key is held in several services
   */
  async findBackend(name: string): Promise<DevBackend> {
    return pickByName(name, await this.backends({ earlier: this.isServe }), (backend) => ({ backend }));
  }

  /**
   * Yields lines of logs, each the JSON text of a `LogRecordJson`.
   * @throws JamdevError `Usage` if the server is `jamdev serve` and the query is not for a single backend
   */
  logs(query: LogsQuery): AsyncGenerator<string> {
    if (this.#api.kind === 'serve' && (query.backend === undefined || query.crashed)) {
      throw clientErrors.logsOfOneBackend(this.#api.url);
    }
    const parameters = new URLSearchParams({ follow: String(query.follow) });
    if (query.crashed) parameters.set('crashed', 'true');
    if (query.unfinished) parameters.set('unfinished', 'true');
    if (query.backend !== undefined) parameters.set('backend', query.backend);
    if (query.tail !== undefined) parameters.set('tail', String(query.tail));
    return this.#http.lines(`${this.#own}/logs?${parameters}`);
  }
}
