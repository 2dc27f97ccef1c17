import type { DevBackend, ServiceBuild, WarmPool } from '../../contract/dev-endpoints.js';
import { DEV_PREFIX, servePrefix } from '../../contract/dev-prefix.js';
import type { BackendInfo, ConnectResponse } from '../../contract/responses.js';
import type { PublicStatus } from '../../contract/status.js';
import { clientErrors } from './client-errors.js';
import type { HttpApi } from './http-api.js';
import { pickByName } from './pick-by-name.js';

/** Stands for the account of a dev server, which has one alone, and of an API token. */
export const ANY_ACCOUNT = '-';

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

/** What is behind an API: a dev server, or `jamdev serve` and one of its accounts. */
export type ApiKind =
  | { kind: 'dev'; stateFolder?: string | undefined }
  | { kind: 'serve'; url: string; account: string };

/** How a command reaches a running dev server, or `jamdev serve`: over HTTP, and in no other way. */
export class ApiClient {
  readonly #http: HttpApi;
  readonly #api: ApiKind;
  /** Where jamdev's own endpoints are. */
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

  /** Where the dev server keeps its state; undefined of `jamdev serve`, and of dev servers that do not say. */
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

  /** What is known of a backend, its exit code among it. */
  info(backendId: string): Promise<BackendInfo> {
    return this.#http.json('GET', `/v2/backend/${encodeURIComponent(backendId)}`);
  }

  /** All statuses so far and the live ones, until it is terminated. */
  async *statuses(backendId: string): AsyncGenerator<PublicStatus> {
    for await (const line of this.#http.lines(`/v2/backend/${encodeURIComponent(backendId)}/status/stream`)) {
      if (line.startsWith('data:')) yield JSON.parse(line.slice('data:'.length)) as PublicStatus;
    }
  }

  /** @param options.earlier also those of earlier runs */
  async backends(options: { earlier?: boolean | undefined } = {}): Promise<DevBackend[]> {
    return (await this.listing(options)).backends;
  }

  /**
   * The backends, the warm pools of services that have one, and what else was started ahead of time.
   * @param options.earlier as in {@link backends}
   */
  async listing({ earlier = false } = {}): Promise<{ backends: DevBackend[]; pools: WarmPool[]; starts: WarmPool[] }> {
    const query = earlier ? '?earlier=true' : '';
    type Answer = { backends: DevBackend[]; warm_pools?: WarmPool[]; warm_starts?: WarmPool[] };
    const answer = await this.#http.json<Answer>('GET', `${this.#own}/backends${query}`);
    const { backends, warm_pools: pools = [], warm_starts: starts = [] } = answer;
    return { backends, pools, starts };
  }

  /**
   * Builds every service again, or the one named, and waits.
   * @throws JamdevError `Usage` where nothing is built
   */
  async build(service: string | undefined): Promise<ServiceBuild[]> {
    if (this.#api.kind === 'serve') throw clientErrors.serveBuildsNothing(this.#api.url);
    return (await this.#http.json<{ builds: ServiceBuild[] }>('POST', `${DEV_PREFIX}/build`, { service })).builds;
  }

  /**
   * Finds a backend by id, key or SERVICE/KEY: the running holder of the key, else the newest that had it.
   * @throws JamdevError when there is none, or the key is held in several services
   */
  async findBackend(name: string): Promise<DevBackend> {
    return pickByName(name, await this.backends({ earlier: this.isServe }), (backend) => ({ backend }));
  }

  /**
   * Lines of logs, each the JSON text of a `LogRecordJson`.
   * @throws JamdevError `Usage` when `jamdev serve` is to show other logs than that of one backend
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
