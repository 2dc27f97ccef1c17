import type { ConnectAnswer, ConnectOptions, Driver, StatusRecord } from '../drivers/driver.js';
import type { Names } from '../transcript/names.js';
import { type BackendAnswer, Control } from './control.js';
import { type ClientStep, type ClientUntil, type ClientView, playClient } from './exchange.js';
import type { SharedBackend } from './shared-backend.js';

/** A backend that a scenario has connected to with one connection token. */
export interface Connected extends Extract<ConnectAnswer, { ok: true }> {
  /** Its name in the transcript. */
  name: string;
  control: Control;
}

export interface Exchange {
  /**
   * What the client does; `{path}` is the path of the connection token (without a trailing slash), `{token}` the token,
   * `{host}` the proxy's host and port, `{port}` only its port.
   */
  send: string | ClientStep[];
  /** What the backend answers, request by request; by default a plain 200. */
  answers?: BackendAnswer[];
  /** Default: when the client has an answer to every request. */
  until?: ClientUntil;
  /**
   * The method of each request, needed to parse the answers. Default: one request, with the method that `send` begins
   * with.
   */
  methods?: string[];
  /** How many requests must reach the backend before its record is read. Default: none. */
  reaching?: number;
  user?: string;
  auth?: Record<string, unknown>;
  /** Default: the backend that scenarios share. */
  on?: Connected;
}

/**
 * One run of one scenario on one system, with the methods that scenarios are written in. Each of them records its
 * result.
 */
export class Stage {
  readonly transcript: Record<string, unknown> = {};
  /** Ids of the backends that belong only to this scenario. */
  readonly #own = new Set<string>();

  constructor(
    private readonly driver: Driver,
    private readonly shared: SharedBackend,
    private readonly names: Names,
  ) {}

  /** Connects. @returns undefined if that is refused */
  async connect(name: string, options: ConnectOptions = {}): Promise<Connected | undefined> {
    const answer = await this.connectQuietly(name, options);
    const { ok } = answer;
    this.note(
      `connect ${name}`,
      ok
        ? { spawned: answer.spawned, status: answer.status, url: answer.url }
        : { refused: answer.httpStatus, code: answer.code },
    );
    return ok ? answer : undefined;
  }

  /** Connects, which must succeed. */
  async spawn(name: string, options: ConnectOptions = {}): Promise<Connected> {
    const connected = await this.connect(name, options);
    if (connected === undefined) throw new Error(`the connect ${name} was refused`);
    return connected;
  }

  /** The same as {@link connect} without recording it. */
  async connectQuietly(
    name: string,
    options: ConnectOptions = {},
  ): Promise<Connected | Extract<ConnectAnswer, { ok: false }>> {
    const answer = await this.driver.connect(options);
    if (!answer.ok) return answer;
    this.#own.add(answer.id);
    return this.introduce(name, answer);
  }

  /** Gives a backend its names in the transcript. */
  introduce(name: string, answer: Extract<ConnectAnswer, { ok: true }>): Connected {
    this.names.add(answer.id, 'id');
    this.names.add(answer.token, 'token');
    if (answer.secret !== undefined) this.names.add(answer.secret, 'secret');
    return { ...answer, name, control: new Control(`http://localhost:${this.driver.proxyPort}/${answer.token}/`) };
  }

  /** Ends all backends of this scenario: together they would need more addresses than an engine's network has. */
  async leave(): Promise<void> {
    await Promise.all([...this.#own].map((id) => this.driver.terminate(id, 'hard')));
  }

  /** Sends bytes to the proxy, and records what reached the backend and what came back. */
  async exchange(label: string, exchange: Exchange): Promise<void> {
    const place = exchange.on ?? (await this.shared.connect(this, exchange));
    const secret = place.secret ?? 'none';
    const control = exchange.on?.control ?? (await this.shared.control());
    const from = await control.count(secret);
    if (exchange.answers !== undefined) await control.script(secret, exchange.answers);
    const view = await this.send(exchange, place, (count) => control.reached(secret, from + count));
    this.note(label, { backend: await control.seen(secret, from, exchange.reaching), client: view });
  }

  /**
   * Sends bytes to the proxy without reading the backend's record, because it may not exist.
   * @param place whose token is used
   */
  async send(
    exchange: Exchange,
    place: { token: string },
    reached: (count: number) => Promise<void> = noBackend,
  ): Promise<ClientView> {
    const { send, until = 'answered' } = exchange;
    const steps = (typeof send === 'string' ? [send] : send).map((step) =>
      typeof step === 'string' ? this.#fill(step, place.token) : step,
    );
    const [first] = steps;
    const methods = exchange.methods ?? [typeof first === 'string' ? (first.split(' ')[0] ?? '') : ''];
    return playClient(this.driver.proxyPort, steps, { until, methods, reached });
  }

  #fill(text: string, token: string): string {
    return text
      .replaceAll('{path}', `/${token}`)
      .replaceAll('{token}', token)
      .replaceAll('{host}', `localhost:${this.driver.proxyPort}`)
      .replaceAll('{port}', String(this.driver.proxyPort));
  }

  /** Waits until a backend has a status. */
  async waitFor(backend: Connected, status: string): Promise<StatusRecord[]> {
    return this.driver.statusesUntil(backend.id, status);
  }

  /**
   * Waits until a backend has ended, and records its whole history.
   * @param byChance a status to leave out, in which a backend may or may not be seen
   */
  async ended(backend: Connected, byChance?: string): Promise<void> {
    const statuses = await this.driver.statusesUntil(backend.id, 'terminated');
    this.note(
      `statuses ${backend.name}`,
      statuses.filter(({ status }) => status !== byChance),
    );
  }

  /** Terminates a backend. */
  async terminate(backend: Connected, kind: 'soft' | 'hard'): Promise<void> {
    this.note(`terminate ${backend.name} ${kind}`, await this.driver.terminate(backend.id, kind));
  }

  /** Kills the process of a backend from outside. */
  async kill(backend: Connected): Promise<void> {
    await this.driver.kill(backend.id, await backend.control.pid());
  }

  /** Adds something to the transcript. */
  note(label: string, value: unknown): void {
    let free = label;
    for (let count = 2; free in this.transcript; count += 1) free = `${label} ${count}`;
    this.transcript[free] = value;
  }
}

async function noBackend(): Promise<never> {
  throw new Error("the scenario does not look at a backend: it can't wait until a request reaches it");
}
