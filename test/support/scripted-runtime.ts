import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../src/os/clock.js';
import type { Address, Exit, Runtime, RuntimeBackend, SpawnRequest, Usage } from '../../src/runtime/runtime.js';

/**
 * A runtime whose processes do nothing on their own: a test decides when each starts, answers, exits and is cleaned up.
 */
export class ScriptedRuntime implements Runtime {
  /** Every requested start, oldest first. */
  readonly starts: ScriptedStart[] = [];
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async spawn(request: SpawnRequest, signal: AbortSignal): Promise<RuntimeBackend> {
    const start = new ScriptedStart(request, signal, this.#clock);
    this.starts.push(start);
    return start.outcome;
  }

  killAll(): void {}

  async cleared(): Promise<void> {}

  async close(): Promise<void> {
    await Promise.all(this.starts.map(({ process }) => process?.closePort()));
  }
}

/** One start, pending until it succeeds or fails. */
export class ScriptedStart {
  readonly outcome: Promise<RuntimeBackend>;
  readonly request: SpawnRequest;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly sinceMs: number;
  process: ScriptedProcess | undefined;
  hasFailed = false;
  #succeed!: (process: RuntimeBackend) => void;
  #fail!: (error: unknown) => void;

  constructor(request: SpawnRequest, signal: AbortSignal, clock: Clock) {
    this.clock = clock;
    this.sinceMs = clock.monotonicMs();
    this.request = request;
    this.signal = signal;
    this.outcome = new Promise((resolve, reject) => {
      this.#succeed = resolve;
      this.#fail = reject;
    });
  }

  get isPending(): boolean {
    return this.process === undefined && !this.hasFailed;
  }

  /** Whether something that holds the key may be running. */
  get isAlive(): boolean {
    return this.isPending || this.process?.hasStopped === false;
  }

  async succeed(): Promise<void> {
    if (!this.isPending) return;
    const process = await ScriptedProcess.open(this.clock);
    this.process = process;
    this.#succeed(process);
  }

  fail(error: unknown): void {
    if (!this.isPending) return;
    this.hasFailed = true;
    this.#fail(this.signal.aborted ? this.signal.reason : error);
  }
}

/** One process: it listens from the start, and answers, exits, stops and is cleaned up when told to. */
export class ScriptedProcess implements RuntimeBackend {
  readonly addresses: readonly Address[];
  readonly stopped: Promise<void>;
  readonly exited: Promise<Exit>;
  /** The terminations requested so far, in order. */
  readonly demands: { kind: 'soft' | 'hard'; atMs: number }[] = [];
  ended = false;
  hasStopped = false;
  isClearedAway = false;
  isAnswering = false;
  readonly #server: Server;
  readonly #clock: Clock;
  readonly #waiting: ServerResponse[] = [];
  #exit: Exit = { code: null, signal: null };
  #stop!: () => void;
  #clearAway!: (exit: Exit) => void;

  static async open(clock: Clock): Promise<ScriptedProcess> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new ScriptedProcess(server, clock);
  }

  private constructor(server: Server, clock: Clock) {
    this.#server = server;
    this.#clock = clock;
    server.unref();
    server.on('request', (_request, response) => (this.isAnswering ? response.end() : this.#waiting.push(response)));
    this.addresses = [{ host: '127.0.0.1', port: (server.address() as AddressInfo).port }];
    this.stopped = new Promise((resolve) => {
      this.#stop = resolve;
    });
    this.exited = new Promise((resolve) => {
      this.#clearAway = resolve;
    });
  }

  answer(): void {
    this.isAnswering = true;
    for (const response of this.#waiting.splice(0)) response.end();
  }

  /** Its first program exits, while its descendants may still be running. */
  exit(code: number): void {
    if (this.ended) return;
    this.ended = true;
    this.#exit = { code, signal: null };
    void this.closePort();
  }

  /** Nothing of it is running anymore. */
  stop(): void {
    this.exit(0);
    this.hasStopped = true;
    this.#stop();
  }

  clearAway(): void {
    this.stop();
    this.isClearedAway = true;
    this.#clearAway(this.#exit);
  }

  terminate(hard: boolean): void {
    this.demands.push({ kind: hard ? 'hard' : 'soft', atMs: this.#clock.monotonicMs() });
  }

  async explainNotReady(): Promise<undefined> {
    return undefined;
  }

  async usage(): Promise<Usage | undefined> {
    return undefined;
  }

  async closePort(): Promise<void> {
    this.#server.closeAllConnections();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }
}
