import { spawn } from 'node:child_process';
import { Agent, request } from 'node:http';
import { Duplex } from 'node:stream';
import type { ChildRegister } from '../../records/child-register.js';
import { dockerEnvironment } from './docker-cli.js';

/** How long the engine has to answer. One older than version 25 takes up to a second for each question. */
const ANSWER_TIMEOUT_MS = 5_000;
/** How many docker clients there are at most, each for one question at a time. A start of one costs more than questions. */
const MAX_CLIENTS = 2;
/** After a question without an answer, how long none is asked. */
const SILENCE_MS = 10_000;

/**
 * Asks the engine's own HTTP API what no docker command tells: the numbers behind `docker stats`, unrounded and at once.
 * The way there is the docker client's (`docker system dial-stdio`, which it has for its own use through ssh), so that
 * contexts, DOCKER_HOST, certificates and ssh work as everywhere. Clients stay for further questions until `close`.
 */
export class EngineApi {
  #agent: ClientAgent | undefined;
  #asking = 0;
  /** Questions that wait for a client; told whether they may be asked. */
  #waiting: ((go: boolean) => void)[] = [];
  #silentUntilMs = 0;
  readonly #register: ChildRegister;

  /** @param register knows the clients that are started */
  constructor(register: ChildRegister) {
    this.#register = register;
  }

  /**
   * @param path with its query
   * @returns the JSON of the answer; undefined, never a rejection, when there is none or it is no success
   */
  async get(path: string): Promise<unknown> {
    if (this.#asking < MAX_CLIENTS) this.#asking += 1;
    else if (!(await new Promise<boolean>((resolve) => this.#waiting.push(resolve)))) return undefined;
    try {
      return await this.#ask(path);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#asking -= 1;
      else next(true);
    }
  }

  /** Ends the clients, and answers what waits with undefined. It can be asked again, by new ones. */
  close(): void {
    for (const giveUp of this.#waiting.splice(0)) giveUp(false);
    this.#agent?.destroy();
    this.#agent = undefined;
  }

  async #ask(path: string): Promise<unknown> {
    if (performance.now() < this.#silentUntilMs) return undefined;
    this.#agent ??= new ClientAgent(this.#register);
    const agent = this.#agent;
    try {
      const { status, text } = await ask(path, agent);
      return status === 200 ? JSON.parse(text) : undefined;
    } catch {
      if (agent === this.#agent) this.#silentUntilMs = performance.now() + SILENCE_MS;
      return undefined;
    }
  }
}

function ask(path: string, agent: Agent): Promise<{ status: number | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    const question = request({ host: 'docker', path, agent, signal }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.once('error', reject);
      response.once('end', () => resolve({ status: response.statusCode, text }));
    });
    question.once('error', reject);
    question.end();
  });
}

/** Connects by docker clients in place of sockets. */
class ClientAgent extends Agent {
  readonly #register: ChildRegister;

  constructor(register: ChildRegister) {
    super({ keepAlive: true, maxFreeSockets: MAX_CLIENTS });
    this.#register = register;
  }

  override createConnection(): Duplex {
    const client = spawn('docker', ['system', 'dial-stdio'], {
      env: dockerEnvironment(this.#register.environment()),
      // A terminal's Ctrl-C does not reach it; it ends when its input does, so with jamdev at the latest.
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const connection = Object.assign(Duplex.from({ readable: client.stdout, writable: client.stdin }), SOCKET_METHODS);
    client.once('error', (error) => connection.destroy(error));
    // A question that is under way listens as well; without one, the end of a connection is no error.
    connection.on('error', () => undefined);
    connection.once('close', () => client.kill());
    client.unref();
    return connection;
  }
}

const nothing = () => undefined;
/** What an agent does to a socket that it keeps, and a connection by a client's input and output has no use for. */
const SOCKET_METHODS = { setKeepAlive: nothing, setTimeout: nothing, ref: nothing, unref: nothing };
