import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Identity } from './backend-request.js';
import { type ClientOutcome, playClient } from './client.js';
import { DevProcess, until } from './dev-process.js';
import { type Exchange, exchanges, expectedAnswer, ownCode, readAnswers } from './exchange.js';
import type { ClientScript } from './grammar/request.js';
import { readMessage, statusOf, valuesOf } from './http-reader.js';
import { type Assignment, RawBackends } from './raw-backend.js';
import type { FuzzSide } from './side.js';

const BACKENDS = 2;
const SENTINELS = 4;
const QUIET_MS = 120;
const DEADLINE_MS = 10_000;

interface Place {
  attacker: Identity;
  bystander: Identity;
}

/** Fuzzes the proxy from both sides at once: what clients send, and what backends answer. */
export class ProxySide implements FuzzSide<Exchange> {
  readonly requests = exchanges(BACKENDS);
  readonly outcomes = new Map<string, number>();
  readonly dev: DevProcess;
  readonly #backends: RawBackends;
  readonly #places: readonly Place[];
  #baseDescriptors = Number.NaN;
  #lastId = 0;

  private constructor(dev: DevProcess, backends: RawBackends, places: readonly Place[]) {
    this.dev = dev;
    this.#backends = backends;
    this.#places = places;
  }

  static async start(root: string): Promise<ProxySide> {
    // The processes are real, but this program listens on their ports.
    const command = `sh -c 'echo $PORT > "$FUZZ_FOLDER/$SESSION_BACKEND_ID.draft"; mv "$FUZZ_FOLDER/$SESSION_BACKEND_ID.draft" "$FUZZ_FOLDER/$SESSION_BACKEND_ID.port"; exec sleep 1000000'`;
    const dev = await DevProcess.start({ root, command });
    const backends = new RawBackends();
    try {
      const places: Place[] = [];
      for (let index = 0; index < BACKENDS; index += 1) {
        const attacker = await connect(dev, `key-${index}`, 'ann');
        const bystander = await connect(dev, `key-${index}`, 'bob');
        await until(() => readdirSync(dev.folder).includes(`${attacker.backendId}.port`), DEADLINE_MS);
        const port = Number(readFileSync(join(dev.folder, `${attacker.backendId}.port`), 'utf8'));
        await backends.listen(port, attacker, bystander);
        places.push({ attacker, bystander });
      }
      const side = new ProxySide(dev, backends, places);
      await side.#warmUp();
      return side;
    } catch (error) {
      backends.close();
      await dev.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.#backends.close();
    await this.dev.stop();
  }

  async send(batch: readonly Exchange[]): Promise<void> {
    await Promise.all(batch.map((exchange) => this.#exchange(exchange)));
    this.#assertSound();
    await this.#sendSentinels();
    this.#assertSound();
    await this.#settle();
    this.#backends.assignments.clear();
  }

  async #exchange(exchange: Exchange): Promise<void> {
    const { client, answer, backend } = exchange;
    const { attacker } = this.#places[backend] as Place;
    const id = this.#newId();
    const fill = (text: string) => text.replaceAll('@TOKEN@', attacker.token).replaceAll('@ID@', id);
    const assignment: Assignment = { answer, rest: fill(client.rest), seen: false, played: false };
    this.#backends.assignments.set(id, assignment);
    const expected = expectedAnswer(exchange);
    const outcome = await playClient(
      this.dev.proxyPort,
      { text: fill(client.head + client.body), cuts: client.cuts, leave: client.leave },
      {
        quietMs: QUIET_MS,
        deadlineMs: DEADLINE_MS,
        isComplete: (received) => {
          const { answers, rest, invalid } = readAnswers(received, client.method, false);
          if (expected?.status === 101) return answers.length === 1 && rest === expected.body;
          return invalid !== undefined || (answers.length >= client.requests && rest === '');
        },
        mustCome: () => expected !== undefined,
        mustEnd: () => !assignment.seen,
      },
    );
    if (!this.dev.alive) return;
    const wrong = this.#judge(exchange, expected, outcome, id);
    if (wrong !== undefined) {
      const sent = JSON.stringify(exchange, null, 1);
      throw new Error(`${wrong}\n  received: ${JSON.stringify(outcome.received.slice(0, 1_500))}\n  of ${sent}`);
    }
  }

  /** @returns what is wrong with what a client got */
  #judge(
    { client, answer }: Exchange,
    expected: ReturnType<typeof expectedAnswer>,
    outcome: ClientOutcome,
    id: string,
  ): string | undefined {
    if (outcome.stuck) return 'neither an answer nor an end came';
    const { answers, rest, invalid } = readAnswers(outcome.received, client.method, outcome.closed);
    if (client.leave !== null) return this.#count('left');
    if (invalid !== undefined) return `the answer cannot be parsed: ${invalid}`;
    if (isWhole(client) && answers.length > 1) return `${answers.length} answers to one request`;
    const [first] = answers;
    if (first === undefined) {
      if (rest !== '') return outcome.leftFirst || expected === undefined ? this.#count('cut off') : 'half an answer';
      return outcome.leftFirst ? this.#count('given up') : 'closed without a word';
    }
    for (const each of answers) {
      const status = statusOf(each.startLine);
      const ids = valuesOf(each.headers, 'x-fuzz-id');
      if (ids.some((from) => ![id, `p${id}`, 'SPOOF'].includes(from))) return `the answer is for ${ids}`;
      const code = ownCode(each);
      const fromBackend = ids.length > 0 || answer.text.includes(` ${status} `);
      if (code === 'Internal' || (code === undefined && status >= 400 && !fromBackend && !isWordless(client.method))) {
        return `an answer that nobody meant: ${each.startLine}`;
      }
      this.#count(code ?? (fromBackend ? 'from the backend' : `${status}`));
    }
    if (expected === undefined) return undefined;
    const code = ownCode(first);
    const status = statusOf(first.startLine);
    if (code !== undefined && status < 500) return undefined;
    // The backend closed an idle connection while the request was on its way: only GET and HEAD without a body are
    // retried, because the backend may have received the others.
    const isRepeated = ['GET', 'HEAD'].includes(client.method) && client.body === '';
    const isUnreachable = code === 'BackendUnreachable' || (isWordless(client.method) && status === 502);
    if (isUnreachable && !this.#backends.assignments.get(id)?.seen && !isRepeated) return undefined;
    if (isWordless(client.method) && status >= 400 && status < 500) return undefined;
    if (status !== expected.status) return `status ${status} in place of ${expected.status}`;
    const body = status === 101 ? rest : first.body;
    return body === expected.body ? undefined : `another body: ${JSON.stringify(body.slice(0, 200))}`;
  }

  #count(what: string): undefined {
    this.outcomes.set(what, (this.outcomes.get(what) ?? 0) + 1);
  }

  /** Requests of another client, over connections that the batch may have left in the proxy's pool. */
  async #sendSentinels(): Promise<void> {
    const all = this.#places.flatMap((place) => Array.from({ length: SENTINELS }, () => place));
    await Promise.all(
      all.map(async ({ bystander }) => {
        const id = this.#newId();
        const text = `GET /${bystander.token}/s${id} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
        const outcome = await playClient(
          this.dev.proxyPort,
          { text, cuts: [], leave: null },
          {
            quietMs: DEADLINE_MS,
            deadlineMs: DEADLINE_MS,
            isComplete: (received) => received.endsWith(`s${id}`),
            mustCome: () => true,
            mustEnd: () => true,
          },
        );
        const { answers } = readAnswers(outcome.received, 'GET', outcome.closed);
        if (answers.length !== 1 || answers[0]?.body !== `s${id}`) {
          throw new Error(
            `a bystander got what is not its answer: ${JSON.stringify(outcome.received.slice(0, 1_500))}`,
          );
        }
      }),
    );
  }

  #assertSound(): void {
    if (!this.dev.alive) throw new Error(`the dev server died:\n${this.dev.output.slice(-3_000)}`);
    const [failure] = this.dev.failures;
    if (failure !== undefined) throw new Error(`the dev server failed inside:\n${failure}`);
    const [problem] = this.#backends.problems.splice(0);
    if (problem !== undefined) throw new Error(problem);
  }

  /** Expects everything that the batch took to be freed. */
  async #settle(): Promise<void> {
    let state = '';
    const settled = await until(async () => {
      const counts = await this.#connectionCounts();
      const open = this.#descriptors()?.length;
      const allowed = this.#baseDescriptors + this.#backends.openConnections;
      state = `connections ${counts.join(', ')}; busy ${this.#backends.busy.join(' | ')}; ${open} descriptors, ${allowed} allowed`;
      const isFine = open === undefined || Number.isNaN(this.#baseDescriptors) || open <= allowed;
      return counts.every((count) => count === 0) && this.#backends.busy.length === 0 && isFine;
    }, DEADLINE_MS);
    if (!settled) throw new Error(`not given back: ${state}: ${this.#descriptors()?.join(' ')}`);
  }

  async #connectionCounts(): Promise<number[]> {
    type Listed = { backends: { connections: number }[] };
    return (await this.dev.api<Listed>('GET', '/_jamdev/backends')).backends.map(({ connections }) => connections);
  }

  /** Loads and opens everything that stays, then counts it. */
  async #warmUp(): Promise<void> {
    for (let round = 0; round < 3; round += 1) await this.#sendSentinels();
    await this.#settle();
    const open = this.#descriptors();
    if (open !== undefined) this.#baseDescriptors = open.length - this.#backends.openConnections;
  }

  /** Without the logs of the backends, each of which is opened for its first line, such as a remark on a redirect. */
  #descriptors(): string[] | undefined {
    return this.dev.descriptors()?.filter((each) => !/\/logs\/[^/]+\/\d+\.log$/.test(each));
  }

  #newId(): string {
    this.#lastId += 1;
    return this.#lastId.toString(36).padStart(4, '0');
  }
}

/** Whether an answer of jamdev has no body, and so no readable code. */
function isWordless(method: string): boolean {
  return method === 'HEAD' || method === 'OPTIONS';
}

/** Whether a client sends exactly one request: remaining bytes would be another one. */
function isWhole({ head, body }: ClientScript): boolean {
  const reading = readMessage(`${head}${body}`, { isAnswer: false, bodyless: () => false, closed: false });
  return reading.kind === 'message' && reading.rest === '';
}

async function connect(dev: DevProcess, key: string, username: string): Promise<Identity> {
  type Connected = { backend_id: string; token: string; secret_token: string };
  const auth = { role: 'tester' };
  const answer = await dev.api<Connected>('POST', '/v2/service/-/-/connect', { key, user: username, auth });
  const { backend_id, token, secret_token } = answer;
  return { backendId: backend_id, token, secret: secret_token, username, userData: JSON.stringify(auth) };
}
