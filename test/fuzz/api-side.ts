import fc from 'fast-check';
import { ApiDescription, type Description } from './api-description.js';
import { playClient } from './client.js';
import { DevProcess, until } from './dev-process.js';
import { readAnswers } from './exchange.js';
import { type ApiScript, apiScripts, apiText } from './grammar/api-request.js';
import { type HttpMessage, readMessage, statusOf, valuesOf } from './http-reader.js';
import type { FuzzSide } from './side.js';

const QUIET_MS = 250;
const DEADLINE_MS = 20_000;
const STREAM = /^content-type: (?:text\/event-stream|application\/x-ndjson)/im;

/** Fuzzes the HTTP API: every described endpoint, over bare sockets, with real backends. */
export class ApiSide implements FuzzSide<ApiScript> {
  readonly dev: DevProcess;
  readonly requests: fc.Arbitrary<ApiScript>;
  readonly outcomes = new Map<string, number>();
  readonly #description: ApiDescription;
  #known = 'nosuchbackend1';
  #baseDescriptors: number | undefined;

  private constructor(dev: DevProcess, description: ApiDescription) {
    this.dev = dev;
    this.#description = description;
    const scripts = description.endpoints.map((endpoint) => ({
      weight: endpoint.body === undefined ? 2 : 5,
      arbitrary: apiScripts(endpoint, description.schemas),
    }));
    this.requests = fc.oneof(...scripts);
  }

  static async start(root: string): Promise<ApiSide> {
    // The cheapest real process; it never answers, so only a termination ends it.
    const dev = await DevProcess.start({ root, command: 'sleep 1000000' });
    try {
      const side = new ApiSide(dev, new ApiDescription(await dev.api<Description>('GET', '/openapi.json')));
      await side.#connect();
      await side.#settle();
      side.#baseDescriptors = dev.descriptors()?.length;
      return side;
    } catch (error) {
      await dev.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.dev.stop();
  }

  async send(batch: readonly ApiScript[]): Promise<void> {
    await this.#connect();
    await Promise.all(batch.map((script) => this.#request(script)));
    if (!this.dev.alive) throw new Error(`the dev server died:\n${this.dev.output.slice(-3_000)}`);
    const [failure] = this.dev.failures;
    if (failure !== undefined) throw new Error(`the dev server failed inside:\n${failure}`);
    await this.#settle();
  }

  async #request(script: ApiScript): Promise<void> {
    const known = (text: string) => text.replace('KNOWN', this.#known);
    const text = known(apiText(script));
    const { method } = script;
    const request = readMessage(text, { isAnswer: false, bodyless: () => false, closed: false });
    const isWhole = request.kind === 'message' && request.rest === '' && script.leave === null;
    const outcome = await playClient(
      this.dev.apiPort,
      { text, cuts: script.cuts, leave: script.leave },
      {
        quietMs: QUIET_MS,
        deadlineMs: DEADLINE_MS,
        isComplete: (received) => {
          const { answers, rest, invalid } = readAnswers(received, method, false);
          // A stream is closed as soon as it has begun.
          return invalid !== undefined || (answers.length > 0 && rest === '') || STREAM.test(received);
        },
        mustCome: () => isWhole,
        mustEnd: () => true,
      },
    );
    if (!this.dev.alive) return;
    const { answers, rest, invalid } = readAnswers(outcome.received, method, outcome.closed);
    const wrong = outcome.stuck
      ? 'neither an answer nor an end came'
      : script.leave !== null
        ? this.#count('left')
        : invalid !== undefined
          ? `the answer cannot be parsed: ${invalid}`
          : this.#judge(answers, rest, known(script.path), script, outcome.leftFirst);
    if (wrong === undefined) return;
    throw new Error(
      `${wrong}\n  received: ${JSON.stringify(outcome.received)}\n  of ${JSON.stringify(script, null, 1)}`,
    );
  }

  #judge(
    answers: readonly HttpMessage[],
    rest: string,
    target: string,
    { method, behind, framing }: ApiScript,
    leftFirst: boolean,
  ): string | undefined {
    const [first, ...others] = answers;
    if (first === undefined) {
      if (STREAM.test(rest)) return this.#count('a stream');
      return leftFirst ? this.#count('given up') : 'closed without a word';
    }
    this.#count(String(statusOf(first.startLine)));
    // Bytes after a request without a length are another request.
    const isWhole = behind === '' && (framing === 'length' || framing === 'chunked');
    if (others.length > 1 || (others.length === 1 && isWhole)) return 'too many answers';
    // If the request line is invalid, the requested path is unknown.
    if (statusOf(first.startLine) === 400 && valuesOf(first.headers, 'content-type')[0] !== 'application/json') {
      return valuesOf(first.headers, 'content-type')[0]?.startsWith('text/html') || method === 'HEAD'
        ? undefined
        : `an answer without words: ${first.startLine}`;
    }
    return this.#description.judge(method, target, first);
  }

  #count(what: string): undefined {
    this.outcomes.set(what, (this.outcomes.get(what) ?? 0) + 1);
  }

  /** Provides a backend that requests can name. */
  async #connect(): Promise<void> {
    type Connected = { backend_id: string };
    this.#known = (await this.dev.api<Connected>('POST', '/v2/service/-/default/connect', { key: 'known' })).backend_id;
  }

  /** Ends what the batch has started, and expects everything to be freed. */
  async #settle(): Promise<void> {
    type Services = { services: string[] };
    type Running = { running_backends: unknown[] };
    for (const name of (await this.dev.api<Services>('GET', '/v2/account/-/services')).services) {
      await this.dev.api('POST', `/service/-/${encodeURIComponent(name)}/terminate-backends`, { hard: true });
    }
    let state = '';
    const settled = await until(async () => {
      const running = (await this.dev.api<Running>('GET', '/v2/account/-/backends')).running_backends.length;
      const open = this.dev.descriptors()?.length;
      state = `${running} backends, ${open} descriptors, ${this.#baseDescriptors} allowed`;
      const isFine = open === undefined || this.#baseDescriptors === undefined || open <= this.#baseDescriptors;
      return running === 0 && isFine;
    }, DEADLINE_MS);
    if (!settled) throw new Error(`not given back: ${state}: ${this.dev.descriptors()?.join(' ')}`);
    for (const name of (await this.dev.api<Services>('GET', '/v2/account/-/services')).services) {
      if (name !== 'default') await this.dev.api('POST', `/v2/service/-/${encodeURIComponent(name)}/delete`, {});
    }
  }
}
