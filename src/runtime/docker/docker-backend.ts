import { constants } from 'node:os';
import type { Address, ContainerBuild, Exit, RuntimeBackend, Usage } from '../runtime.js';
import type { StrangeAnswer } from '../strange-answer.js';
import type { Container } from './container.js';
import { readStats, statsPath } from './container-usage.js';
import { engineProblem, QUICK_TIMEOUT_MS, runDocker } from './docker-cli.js';
import type { EngineApi } from './engine-api.js';
import { explainExecFormat, isExecFormat } from './exec-format.js';
import { type LostContainers, removeContainer } from './lost-containers.js';
import { explainNotReady } from './not-ready.js';
import type { Limit } from './resource-limits.js';

/** The shell's way to say that signal number n ended something: 128 + n. */
const SIGNAL_BASE = 128;
/** With these the container's own first program ends when it is for another kind of machine. */
const EXEC_FORMAT_CODES = new Set([1, 126, 255]);

/** What the engine says of a container that has ended. */
interface EndState {
  Running: boolean;
  ExitCode: number;
  OOMKilled: boolean;
}

/** A backend that runs in a container of its own. */
export class DockerBackend implements RuntimeBackend {
  readonly addresses: readonly Address[];
  readonly stopped: Promise<unknown>;
  readonly exited: Promise<Exit>;
  readonly #container: Container;
  readonly #insidePort: number;
  readonly #limits: readonly Limit[];
  readonly #build: ContainerBuild;
  readonly #lost: LostContainers;
  readonly #engine: EngineApi;
  #over = false;
  #ended = false;

  /**
   * @param container has started
   * @param insidePort the port that it has to listen on inside
   * @param limits those that are in force
   */
  constructor(
    container: Container,
    address: Address,
    insidePort: number,
    limits: readonly Limit[],
    build: ContainerBuild,
    lost: LostContainers,
    engine: EngineApi,
  ) {
    this.#container = container;
    this.addresses = [address];
    this.#insidePort = insidePort;
    this.#limits = limits;
    this.#build = build;
    this.#lost = lost;
    this.#engine = engine;
    this.exited = this.#untilGone();
    // Not when its client ends: one that was sent a signal was seen to leave a living container behind.
    this.stopped = Promise.race([container.died, this.exited]).then(() => {
      this.#ended = true;
    });
  }

  get ended(): boolean {
    return this.#ended;
  }

  terminate(hard: boolean): void {
    if (!this.#ended) this.#container.terminate(hard);
  }

  async explainNotReady(answer?: StrangeAnswer): Promise<string | undefined> {
    // There its ports can't be told from those of everyone else.
    if (this.#build.network === 'host') return undefined;
    return explainNotReady(this.#container.name, this.#insidePort, answer);
  }

  async usage(): Promise<Usage | undefined> {
    if (this.#over) return undefined;
    return readStats(await this.#engine.get(statsPath(this.#container.name)));
  }

  /** Until its container is removed. */
  async #untilGone(): Promise<Exit> {
    const { name } = this.#container;
    const { code } = await this.#container.ended;
    this.#over = true;
    const state = this.#isPlain(code) ? undefined : await inspect(name);
    if (state === 'unreachable') {
      this.#lost.add(name);
      return { code: null, signal: null, lost: true };
    }
    await removeContainer(name).catch(() => this.#lost.add(name));
    if (state === 'missing') return this.#told(code);
    if (state?.Running) {
      return { code: null, signal: null, lost: true, remark: 'The docker client that was attached to it ended.' };
    }
    const exit = this.#told(state?.ExitCode ?? code);
    const remark = state === undefined ? undefined : await this.#explainEnd(state);
    return remark === undefined ? exit : { ...exit, remark };
  }

  /** Whether the client's exit code tells all there is to know; asking the engine takes its time. */
  #isPlain(code: number | undefined): boolean {
    if (code === 0) return true;
    const { asked } = this.#container;
    const limited = this.#limits.length > 0;
    return !limited && asked !== 'nothing' && (code === toCode('SIGTERM') || code === toCode('SIGKILL'));
  }

  /** Docker only tells a code; one above 128 is a signal by the custom of shells. */
  #told(code: number | undefined): Exit {
    if (code === undefined) return { code: null, signal: null };
    const signal = Object.entries(constants.signals).find(([, number]) => SIGNAL_BASE + number === code)?.[0];
    return { code, signal: signal ?? null };
  }

  async #explainEnd(state: EndState): Promise<string | undefined> {
    const limit = (kind: Limit['kind']) => this.#limits.find((each) => each.kind === kind)?.size;
    if (state.OOMKilled && state.ExitCode !== 0) {
      const size = limit('memory');
      return size === undefined ? 'It ran out of memory.' : `It ran out of memory: its limit is ${size}.`;
    }
    const cpuTime = limit('cpu time');
    const overTime = state.ExitCode === toCode('SIGXCPU') || state.ExitCode === toCode('SIGKILL');
    if (cpuTime !== undefined && overTime && this.#container.asked === 'nothing') {
      return `It used up its CPU time: its limit is ${cpuTime}.`;
    }
    if (EXEC_FORMAT_CODES.has(state.ExitCode) && isExecFormat(this.#container.lastWords)) {
      return explainExecFormat(this.#build.image);
    }
    return undefined;
  }
}

function toCode(signal: NodeJS.Signals): number {
  return SIGNAL_BASE + constants.signals[signal];
}

async function inspect(name: string): Promise<EndState | 'missing' | 'unreachable'> {
  const args = ['inspect', '--type', 'container', '--format', '{{json .State}}', name];
  const { ok, stdout, stderr } = await runDocker(args, { timeoutMs: QUICK_TIMEOUT_MS }).catch((error: Error) => ({
    ok: false,
    stdout: '',
    stderr: String(error),
  }));
  if (ok) return JSON.parse(stdout) as EndState;
  return engineProblem(stderr) === undefined && /no such/i.test(stderr) ? 'missing' : 'unreachable';
}
