import { constants } from 'node:os';
import type { Engine } from '../../docker-engine/engine.js';
import type { Address, ContainerBuild, Exit, RuntimeBackend, StartKind, Usage } from '../runtime.js';
import type { StrangeAnswer } from '../strange-answer.js';
import type { Container } from './container.js';
import type { ContainerEnd } from './container-end.js';
import { readUsage } from './container-usage.js';
import { explainExecFormat, isExecFormat, mayBeExecFormat } from './exec-format.js';
import { explainNotReady } from './not-ready.js';
import { wantsToBeFirst } from './own-init.js';
import type { Limit } from './resource-limits.js';
import { explainFailedInit } from './start-failure.js';

/** Shells report the end by signal n as 128 + n. */
const SIGNAL_BASE = 128;
/** Exit codes of the engine's init or a shell if the program can't be started. */
const NOT_STARTED_CODES = new Set([1, 2, 126, 127, 255]);

/** The parts of a backend in a container. */
export interface DockerBackendParts {
  /** The started container. */
  container: Container;
  address: Address;
  /** The port on which the backend has to listen inside the container. */
  insidePort: number;
  /** The limits that the engine applies. */
  limits: readonly Limit[];
  build: ContainerBuild;
  engine: Engine;
  startKind: StartKind;
  /** Call this when the backend's start is over. */
  served: () => void;
  /**
   * Starts to remove the ended container. If its engine is lost, the container is removed as soon as the engine answers
   * again.
   */
  remove(isLost: boolean): void;
}

/** A backend that runs in its own container. */
export class DockerBackend implements RuntimeBackend {
  readonly addresses: readonly Address[];
  readonly stopped: Promise<unknown>;
  readonly disturbed: Promise<unknown>;
  readonly exited: Promise<Exit>;
  readonly startKind: StartKind;
  readonly #parts: DockerBackendParts;

  constructor(parts: DockerBackendParts) {
    this.startKind = parts.startKind;
    this.#parts = parts;
    this.addresses = [parts.address];
    this.stopped = parts.container.died;
    this.disturbed = parts.container.disturbed;
    this.exited = this.#untilEnded();
  }

  get ended(): boolean {
    return this.#parts.container.isDead;
  }

  answered(): void {
    this.#parts.served();
  }

  mayAnswer(): boolean {
    return this.#parts.container.mayAccept;
  }

  terminate(hard: boolean): void {
    this.#parts.container.terminate(hard);
  }

  async explainNotReady(answer?: StrangeAnswer): Promise<string | undefined> {
    const { engine, container, build, insidePort } = this.#parts;
    // On the host's network, its ports can't be distinguished from those of other programs.
    if (this.ended || build.network === 'host') return undefined;
    return explainNotReady(engine, container.id, insidePort, answer);
  }

  async usage(): Promise<Usage | undefined> {
    return this.ended ? undefined : readUsage(this.#parts.engine, this.#parts.container.id);
  }

  async #untilEnded(): Promise<Exit> {
    const { container, remove } = this.#parts;
    const end = await container.end();
    this.#parts.served();
    const { exitCode } = end;
    remove(exitCode === undefined);
    if (exitCode === undefined) return { code: null, signal: null, lost: true };
    const remark = await this.#explainEnd(exitCode, end);
    return {
      ...toExit(exitCode),
      ...(end.onItsOwn && container.asked !== 'nothing' ? { onItsOwn: true } : {}),
      ...(remark === undefined ? {} : { remark }),
    };
  }

  async #explainEnd(code: number, { outOfMemory, onItsOwn }: ContainerEnd): Promise<string | undefined> {
    const { container, limits, build, engine } = this.#parts;
    const limit = (kind: Limit['kind']) => limits.find((each) => each.kind === kind)?.size;
    if (outOfMemory && code !== 0) {
      const size = limit('memory');
      return size === undefined ? 'It ran out of memory.' : `It ran out of memory: its limit is ${size}.`;
    }
    const cpuTime = limit('cpu time');
    const overTime = code === toCode('SIGXCPU') || code === toCode('SIGKILL');
    if (cpuTime !== undefined && overTime && onItsOwn) return `It used up its CPU time: its limit is ${cpuTime}.`;
    const { lastWords } = container;
    if (NOT_STARTED_CODES.has(code)) {
      const failure = explainFailedInit(lastWords);
      if (failure !== undefined) return failure;
      if (mayBeExecFormat(lastWords)) return explainExecFormat(engine, build.image, isExecFormat(lastWords));
    }
    if (code !== 0 && wantsToBeFirst(lastWords)) {
      return 'Its init must be the first process of the container: set "dockerOptions": { "init": false } in the config.';
    }
    return undefined;
  }
}

/**
 * Derives the exit from a container's code: Docker reports only a code, and by the convention of shells, a code above
 * 128 means a signal.
 */
function toExit(code: number): Exit {
  const signal = Object.entries(constants.signals).find(([, number]) => SIGNAL_BASE + number === code)?.[0];
  return { code, signal: signal ?? null };
}

function toCode(signal: NodeJS.Signals): number {
  return SIGNAL_BASE + constants.signals[signal];
}
