import { constants } from 'node:os';
import { listListeningPorts, type SocketTable } from '../../processes/listening-ports.js';
import { commandOf } from '../../processes/process-table.js';
import type { SupervisedChild } from '../../processes/supervised-child.js';
import { isSuspended } from '../../processes/suspended.js';
import type { Address, Exit, ProcessBuild, RuntimeBackend, StartKind, Usage, UsageWish } from '../runtime.js';
import { describeStrangeAnswer, type StrangeAnswer } from '../strange-answer.js';
import { filesIn, fixedPortAdvice } from './fixed-port.js';
import { TreeUsage } from './tree-usage.js';

/** How long processes that an exited backend left behind may take to end after SIGTERM before they get SIGKILL. */
const ORPHAN_GRACE_MS = 2_000;

/** A backend that runs as a child process. */
export class ProcessBackend implements RuntimeBackend {
  readonly addresses: readonly Address[];
  readonly exited: Promise<Exit>;
  readonly stopped: Promise<unknown>;
  readonly answered: () => void;
  readonly startKind: StartKind;
  readonly #child: SupervisedChild;
  readonly #port: number;
  readonly #build: Pick<ProcessBuild, 'command' | 'cwd'>;
  readonly #sockets: SocketTable;
  #over = false;
  readonly #usage = new TreeUsage();

  constructor(
    child: SupervisedChild,
    port: number,
    build: Pick<ProcessBuild, 'command' | 'cwd'>,
    sockets: SocketTable,
    onAnswered: () => void,
    startKind: StartKind,
  ) {
    this.startKind = startKind;
    this.#sockets = sockets;
    this.answered = onAnswered;
    this.#child = child;
    this.#port = port;
    this.#build = build;
    this.addresses = [
      { host: '127.0.0.1', port },
      { host: '::1', port },
    ];
    this.exited = this.#untilGone();
    this.stopped = this.exited;
  }

  get ended(): boolean {
    return this.#child.hasExited;
  }

  terminate(hard: boolean): void {
    if (this.#over) return;
    if (hard) this.#child.termination.force();
    else this.#child.termination.ask();
  }

  killGroup(): void {
    this.#child.killGroup();
  }

  async explainNotReady(answer?: StrangeAnswer): Promise<string | undefined> {
    const sample = await this.#child.tree.sample();
    if (!sample.known) return undefined;
    const listening = await listListeningPorts(new Set(sample.living.map(({ pid }) => pid)), {
      sockets: this.#sockets,
    });
    const others = [...new Set(listening.map((each) => each.port))].filter((port) => port !== this.#port);
    if (listening.some((each) => each.port === this.#port)) return answer && describeStrangeAnswer(answer);
    if (others.length === 0) return undefined;
    const { command, cwd } = this.#build;
    const running = await Promise.all([...new Set(listening.map(({ pid }) => pid))].map(commandOf));
    const advice = fixedPortAdvice({ commands: [...running, command], output: [], files: filesIn(cwd) });
    return `It listens on port ${others.join(', ')}, but jamdev gave it PORT=${this.#port}. Either ${advice}`;
  }

  async isSuspended(): Promise<boolean> {
    const sample = await this.#child.tree.sample();
    if (!sample.known) return false;
    return (await Promise.all(sample.living.map(({ pid }) => isSuspended(pid)))).includes(true);
  }

  async usage({ peak = true }: UsageWish = {}): Promise<Usage | undefined> {
    if (this.#over) return undefined;
    const sample = await this.#child.tree.sampleCheaply();
    return sample.known ? this.#usage.add(sample, peak) : undefined;
  }

  /** Waits until nothing of the process tree is alive, because only then may the key be given to another backend. */
  async #untilGone(): Promise<Exit> {
    const { exit, termination } = this.#child;
    const { code, signal } = await exit;
    // Ends the processes that an exited first process left behind.
    if (!termination.hasBegun) termination.ask(ORPHAN_GRACE_MS);
    await termination.over;
    await this.#child.finishOutput();
    this.#over = true;
    return { code: signal === null ? code : 128 + (constants.signals[signal] ?? 0), signal };
  }
}
