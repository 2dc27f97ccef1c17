import WebSocket from 'ws';
import { pause } from '../../src/os/clock.js';
import { ask, readStatuses } from './api-client.js';
import type { Cluster } from './cluster.js';
import type { Exchange, Ledger, SeenStatus } from './ledger.js';

/** The target of session requests: the balancer of the proxies, or one proxy. */
type ProxyPort = () => number;

/** Between two messages or requests of a client. */
const THINK_MS = 400;
/** Before a failed client retries. */
const RETRY_MS = 300;
/** How long a WebSocket message may wait for its echo before the client considers the connection dead. */
const ECHO_MS = 10_000;

/** The result of a connect. */
interface Holder {
  backendId: string;
  tokens: string[];
}

/**
 * The clients of one key, which act on their own: they connect, send requests with their tokens and messages over a
 * WebSocket, follow statuses, sometimes end the session, and reconnect when it has ended. The ledger records
 * everything.
 */
export class Session {
  /** When the last answer and the last echo were received; ms since 1970. */
  lastAnswerMs = 0;
  lastEchoMs = 0;
  /** How many WebSockets were opened. */
  opened = 0;
  readonly #cluster: Cluster;
  readonly #key: string;
  readonly #ledger: Ledger;
  readonly #random: () => number;
  readonly #proxyPort: ProxyPort;
  readonly #stopping = new AbortController();
  readonly #running: Promise<unknown>[] = [];
  #holder: Holder | undefined;
  #connecting: Promise<void> | undefined;

  constructor(
    cluster: Cluster,
    key: string,
    { ledger, random, proxyPort }: { ledger: Ledger; random: () => number; proxyPort?: ProxyPort },
  ) {
    this.#cluster = cluster;
    this.#key = key;
    this.#ledger = ledger;
    this.#random = random;
    this.#proxyPort = proxyPort ?? (() => cluster.proxyPort);
  }

  /** The holder of the key as far as its clients know. */
  get backendId(): string | undefined {
    return this.#holder?.backendId;
  }

  /** @param ends whether clients sometimes end the session */
  start({ ends = true }: { ends?: boolean } = {}): void {
    this.#running.push(this.#request(ends), this.#talk());
  }

  /** Waits until no client is active. Never rejects. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#running);
  }

  /** Sends requests of all kinds one after the other. */
  async #request(ends: boolean): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const holder = this.#holder;
      const kind = this.#random();
      if (holder === undefined || kind < 0.1) await this.#connect();
      else if (kind < 0.25) await this.#poll(holder);
      else if (kind < 0.27 && ends) await this.#end(holder);
      else await this.#get(holder);
      await pause(THINK_MS * (0.5 + this.#random()), signal);
    }
  }

  /** Keeps a WebSocket open. */
  async #talk(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      if (this.#holder === undefined) await this.#connect();
      else await this.#converse(this.#holder);
      await pause(RETRY_MS, signal);
    }
  }

  /** Gets a token for the holder of the key. */
  async #connect(): Promise<void> {
    this.#connecting ??= this.#connectAlone().finally(() => {
      this.#connecting = undefined;
    });
    await this.#connecting;
  }

  async #connectAlone(): Promise<void> {
    const body = { key: this.#key, spawn: { executable: { mount: true }, max_idle_seconds: 600 } };
    const answer = await ask(`${this.#cluster.apiUrl}/v2/service/acme/default/connect`, {
      body,
      signal: this.#stopping.signal,
    });
    if (answer?.status !== 200) {
      this.#expect(answer, [503], 'connect');
      return pause(RETRY_MS, this.#stopping.signal);
    }
    const { backend_id: backendId, token } = JSON.parse(answer.text) as { backend_id: string; token: string };
    if (this.#holder?.backendId === backendId) this.#holder.tokens.push(token);
    else this.#holder = { backendId, tokens: [token] };
    if (this.#ledger.keys.has(backendId)) return;
    this.#ledger.keys.set(backendId, this.#key);
    this.#running.push(this.#follow(backendId));
  }

  async #get(holder: Holder): Promise<void> {
    const token = this.#chooseToken(holder);
    const sentAtMs = Date.now();
    const answer = await ask(this.#url('http', token), { host: this.#cluster.host, signal: this.#stopping.signal });
    const exchange = { backendId: holder.backendId, token, sentAtMs, endedAtMs: Date.now() };
    if (answer?.status === 200) this.#note(answer.text, exchange);
    else if (answer?.status === 410) this.#lose(holder, exchange);
    else this.#expect(answer, [502, 503, 504], 'a request to the session');
  }

  #note(id: string, exchange: Exchange): void {
    this.#ledger.answers.push(exchange);
    this.lastAnswerMs = exchange.endedAtMs;
    if (id !== exchange.backendId) {
      this.#ledger.faults.push(`${id} answered a request with a token of ${exchange.backendId}`);
    }
  }

  #lose(holder: Holder, exchange: Exchange): void {
    this.#ledger.refusals.push(exchange);
    if (this.#holder === holder) this.#holder = undefined;
  }

  async #poll({ backendId }: Holder): Promise<void> {
    const answer = await ask(`${this.#cluster.apiUrl}/v2/backend/${backendId}/status`, {
      signal: this.#stopping.signal,
    });
    if (answer?.status !== 200) return this.#expect(answer, [503], `the status of ${backendId}`);
    const polls = this.#ledger.polls.get(backendId) ?? [];
    polls.push(JSON.parse(answer.text) as SeenStatus);
    this.#ledger.polls.set(backendId, polls);
  }

  async #end({ backendId }: Holder): Promise<void> {
    const body = { hard: this.#random() < 0.5 };
    const answer = await ask(`${this.#cluster.apiUrl}/v2/backend/${backendId}/terminate`, {
      body,
      signal: this.#stopping.signal,
    });
    if (answer?.status !== 200) this.#expect(answer, [409, 503], `the end of ${backendId}`);
  }

  /** Follows the statuses of a backend, on a new stream whenever one breaks. */
  async #follow(backendId: string): Promise<void> {
    const { signal } = this.#stopping;
    let isOver = false;
    while (!signal.aborted && !isOver) {
      const stream = await readStatuses(this.#cluster.apiUrl, backendId, signal);
      if (stream !== undefined) this.#ledger.streams.push(stream);
      isOver = stream?.isWhole ?? false;
      await pause(RETRY_MS, signal);
    }
  }

  /** Sends messages over one WebSocket until it ends. */
  async #converse(holder: Holder): Promise<void> {
    const { signal } = this.#stopping;
    const { backendId } = holder;
    const token = this.#chooseToken(holder);
    let sentAtMs = Date.now();
    const socket = new WebSocket(this.#url('ws', token), { headers: { host: this.#cluster.host }, signal });
    const over = new AbortController();
    socket.on('error', () => undefined);
    socket.once('close', () => over.abort());
    socket.once('unexpected-response', (request, response) => {
      if (response.statusCode === 410) this.#lose(holder, { backendId, token, sentAtMs, endedAtMs: Date.now() });
      request.destroy();
      over.abort();
    });
    let silence = setTimeout(() => socket.terminate(), ECHO_MS * 4);
    socket.once('open', () => {
      this.opened += 1;
      this.#say(socket);
    });
    socket.on('message', async (data) => {
      this.lastEchoMs = Date.now();
      this.#note(String(data), { backendId, token, sentAtMs, endedAtMs: this.lastEchoMs });
      clearTimeout(silence);
      await pause(THINK_MS * (0.5 + this.#random()), over.signal);
      silence = setTimeout(() => socket.terminate(), ECHO_MS);
      sentAtMs = Date.now();
      this.#say(socket);
    });
    await pause(10 * 60_000, AbortSignal.any([over.signal, signal]));
    clearTimeout(silence);
    socket.terminate();
  }

  #say(socket: WebSocket): void {
    if (socket.readyState === WebSocket.OPEN) socket.send('?');
  }

  #chooseToken({ tokens }: Holder): string {
    return tokens[Math.floor(this.#random() * tokens.length)] ?? '';
  }

  #url(scheme: string, token: string): string {
    return `${scheme}://127.0.0.1:${this.#proxyPort()}/${token}/`;
  }

  #expect(answer: Awaited<ReturnType<typeof ask>>, statuses: readonly number[], what: string): void {
    if (answer === undefined || statuses.includes(answer.status)) return;
    this.#ledger.faults.push(`${what} was answered with ${answer.status}: ${answer.text}`);
  }
}
