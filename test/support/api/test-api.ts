import { expect } from 'vitest';
import type { ConnectResponse } from '../../../src/contract/responses.js';
import { type Answer, openStream, post as postJson, type Stream, send } from '../http.js';
import { waitFor } from '../wait.js';
import type { ApiExpectations } from './differences.js';

/** The services of every API under test; the first one is the default. */
export const SERVICES = ['default', 'doc', 'chat'] as const;
/** A backend may be a container on a busy machine. */
const STATUS_DEADLINE_MS = 60_000;

/** A system that answers the platform's API. */
export interface ApiTarget {
  readonly name: 'dev' | 'serve';
  /** Paths of endpoints that read a body and that only this system has. */
  readonly ownBodies: readonly string[];
  /** Gives a test an API without backends, and closes it when the test ends. */
  open(): Promise<TestApi>;
  /** Gives all tests of a `describe` one API, which they must leave unchanged. */
  share(): () => TestApi;
}

/** Tests of the platform's API that hold for every system under test. */
export type ApiSuite = (target: ApiTarget) => void;

/** The address of an API, and the account that is used. */
export interface ApiPlace {
  url: string;
  /** The base of connection URLs, without a trailing slash. */
  proxyUrl: string;
  cluster: string;
  account: string;
  /** An API token of that account. */
  token: string;
  /** An image of every service, as `use-image` accepts it. */
  image: string;
  expectations: ApiExpectations;
  /** The ids of all backends ever spawned. */
  spawned: () => Promise<string[]>;
  /** Faults of jamdev so far. */
  faults: () => readonly unknown[];
}

/** The behavior of the test backend: see test/engine/backend/backend.mjs. */
interface Life {
  exit?: number;
  listen?: 'never';
  listenDelayMs?: number;
  onSigterm?: 'ignore' | number;
}

type StatusJson = { status: string } & Record<string, unknown>;

/** The platform's API as one account sees it. */
export class TestApi {
  constructor(readonly place: ApiPlace) {}

  get url(): string {
    return this.place.url;
  }

  get account(): string {
    return this.place.account;
  }

  /** Expects a value, except for what docs/differences.md lists: see {@link ApiExpectations.check}. */
  check(what: string, actual: unknown, expected: unknown): void {
    this.place.expectations.check(what, actual, expected);
  }

  /** @param path or a whole URL */
  send(path: string, options: Parameters<typeof send>[1] = {}): Promise<Answer> {
    return send(this.#urlOf(path), { ...options, headers: this.#headers(options.headers) });
  }

  post(path: string, body: unknown = {}, headers: Record<string, string> = {}): Promise<Answer> {
    return postJson(this.#urlOf(path), body, { authorization: `Bearer ${this.place.token}`, ...headers });
  }

  async get<T = Record<string, unknown>>(path: string): Promise<T> {
    return (await this.send(path)).json<T>();
  }

  stream(path: string, headers: Record<string, string> = {}): Promise<Stream> {
    return openStream(this.#urlOf(path), { authorization: `Bearer ${this.place.token}`, ...headers });
  }

  /** Connects, which must succeed. @param body with the behavior of a new backend, unless it is a plain one */
  async connect(
    { life, ...body }: { key?: string; life?: Life; spawn?: object } = {},
    service: string = SERVICES[0],
  ): Promise<ConnectResponse> {
    const spawn = life === undefined ? body.spawn : { executable: { env: { BACKEND: JSON.stringify(life) } } };
    const answer = await this.post(`/v2/service/-/${service}/connect`, { ...body, spawn });
    expect(answer.status, answer.text).toBe(200);
    return answer.json<ConnectResponse>();
  }

  /** Connects and waits until the backend is ready. */
  async connectUntilReady(...how: Parameters<TestApi['connect']>): Promise<ConnectResponse> {
    const connected = await this.connect(...how);
    await this.untilStatus(connected.backend_id, 'ready');
    return connected;
  }

  /** The v2 status of a backend. */
  status(id: string): Promise<StatusJson> {
    return this.get(`/v2/backend/${id}/status`);
  }

  /** Waits until a backend has or had a status. @returns all statuses so far */
  untilStatus(id: string, status: string): Promise<StatusJson[]> {
    return waitFor(
      async () => {
        const { statuses } = await this.get<{ statuses: StatusJson[] }>(`/v2/backend/${id}`);
        return statuses.some((each) => each.status === status) ? statuses : undefined;
      },
      `${id} to be ${status}`,
      STATUS_DEADLINE_MS,
    );
  }

  terminate(id: string, hard: boolean): Promise<Answer> {
    return this.post(`/v2/backend/${id}/terminate`, { hard });
  }

  /** The ids of the running backends, as the API lists them. */
  async running(): Promise<string[]> {
    const list = await this.get<{ running_backends: { id: string }[] }>('/v2/account/-/backends');
    return list.running_backends.map(({ id }) => id);
  }

  #headers(more: Record<string, string | string[]> = {}): Record<string, string | string[]> {
    return { authorization: `Bearer ${this.place.token}`, ...more };
  }

  #urlOf(path: string): string {
    return path.startsWith('/') ? this.url + path : path;
  }
}

/** Requests one of the test backend's functions: see test/engine/backend/backend.mjs. */
export async function control<T = Record<string, string>>(url: string, what: string, body?: string): Promise<T> {
  const answer = await send(`${url}engine-control/${what}`, body === undefined ? {} : { body });
  expect(answer.status, answer.text).toBe(200);
  return answer.json<T>();
}

/**
 * The headers of the first request that the test backend receives with a connection URL, by their names in lowercase.
 */
export async function headersSeen({ url, secret_token }: ConnectResponse): Promise<Record<string, string>> {
  expect((await send(url)).status).toBe(200);
  const [request] = await control<{ head: string }[]>(url, `seen/${secret_token}`);
  // A byte for each character, which may be UTF-8.
  const head = Buffer.from(request?.head ?? '', 'latin1').toString('utf8');
  const lines = head.split('\r\n').slice(1, -2);
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
}
