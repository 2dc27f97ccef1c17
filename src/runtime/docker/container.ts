import { execa } from 'execa';
import { pause } from '../../os/clock.js';
import { sendSignal } from '../../processes/signal.js';
import type { ChildRegister } from '../../records/child-register.js';
import { BACKEND_CHILD } from '../child-options.js';
import type { SpawnRequest } from '../runtime.js';
import { clientNotStarted } from './client-not-started.js';
import { ClientWords } from './client-words.js';
import type { ContainerEvents, Expected } from './container-events.js';
import { engineProblem, QUICK_TIMEOUT_MS, runDocker } from './docker-cli.js';
import { type ContainerSpec, runArguments } from './run-arguments.js';

/** How often to ask whether it runs, when the engine has not told; a remote engine may tell late or never. */
const LOOK_PAUSE_MS = 1_000;
/** Pauses between attempts to signal a container that is not there yet. */
const FIRST_SIGNAL_PAUSE_MS = 15;
const LONGEST_SIGNAL_PAUSE_MS = 500;
/** The end of what the backend printed to stderr is kept for what it may tell of the end; bytes. */
const KEPT_BYTES = 2_048;
/** How the attached client ended. */
export interface ClientEnd {
  /** undefined: a signal ended it. */
  code: number | undefined;
  /** What it said of a failure of its own. */
  failure: string;
}

/** A container and the `docker run` attached to it, whose output is the backend's and whose end is the container's. */
export class Container {
  readonly name: string;
  /** Resolves to false when it has ended without having started. */
  readonly started: Promise<boolean>;
  /** Resolves when the engine tells that it has ended, if the engine does tell. */
  readonly died: Promise<void>;
  /** Resolves when the client is gone and all output was handed over. */
  readonly ended: Promise<ClientEnd>;
  readonly #words = new ClientWords();
  readonly #request: SpawnRequest;
  readonly #events: ContainerEvents;
  readonly #clientPid: number;
  #over = false;
  #running = false;
  #lastWords = Buffer.alloc(0);
  #asked: 'nothing' | 'soft' | 'hard' = 'nothing';
  #firstOutput: () => void = () => undefined;
  #dead: () => void = () => undefined;

  private constructor(name: string, request: SpawnRequest, client: Client, pid: number, events: ContainerEvents) {
    this.name = name;
    this.#events = events;
    this.#clientPid = pid;
    this.#request = request;
    const printed = new Promise<void>((resolve) => {
      this.#firstOutput = resolve;
    });
    this.died = new Promise((resolve) => {
      this.#dead = resolve;
    });
    this.ended = this.#untilEnded(client);
    this.#expectDeath();
    this.started = this.#untilStarted(events.expect('start', name), printed);
  }

  /** @throws JamdevError `DockerMissing`, `CommandNotStarted` */
  static async run(
    spec: ContainerSpec,
    request: SpawnRequest,
    events: ContainerEvents,
    register: ChildRegister,
  ): Promise<Container> {
    const { args, env } = runArguments(spec);
    const attempt = { file: 'docker', args, cwd: process.cwd(), env: { ...env, ...register.environment() } };
    const client = execa(attempt.file, args, { ...BACKEND_CHILD, env: attempt.env });
    if (client.pid !== undefined) return new Container(spec.name, request, client, client.pid, events);
    throw clientNotStarted((await client).cause, attempt);
  }

  /** What the engine warned of, as that it can't apply a limit. */
  get warnings(): readonly string[] {
    return this.#words.warnings;
  }

  get asked(): 'nothing' | 'soft' | 'hard' {
    return this.#asked;
  }

  /** The end of what it printed to stderr. */
  get lastWords(): string {
    return this.#lastWords.toString('utf8');
  }

  /** Asks or forces it to end; safe before it exists, again, and after its end. */
  terminate(hard: boolean): void {
    if (this.#over || this.#asked === 'hard' || (this.#asked === 'soft' && !hard)) return;
    this.#asked = hard ? 'hard' : 'soft';
    void this.#signal(this.#asked);
  }

  #expectDeath(): void {
    const { happened, forget } = this.#events.expect('die', this.name);
    void happened.then(this.#dead);
    void this.ended.then(forget);
  }

  /** Until it was delivered, was overtaken by a harder one, or there is nobody left to get it. */
  async #signal(how: 'soft' | 'hard'): Promise<void> {
    const args = ['kill', '--signal', how === 'hard' ? 'KILL' : 'TERM', this.name];
    for (let wait = FIRST_SIGNAL_PAUSE_MS; !this.#over && this.#asked === how; wait *= 1.5) {
      const result = await runDocker(args, { timeoutMs: QUICK_TIMEOUT_MS }).catch(() => undefined);
      if (result?.ok) return;
      // An engine that does not even take a kill tells nothing anymore: the client would wait for it forever.
      const hangs = how === 'hard' && result !== undefined && engineProblem(result.stderr) !== undefined;
      if (hangs) sendSignal(this.#clientPid, 'SIGKILL');
      await pause(Math.min(wait, LONGEST_SIGNAL_PAUSE_MS));
    }
  }

  async #untilStarted({ happened, forget }: Expected, printed: Promise<void>): Promise<boolean> {
    const over = new AbortController();
    const ended = this.ended.then(({ failure }) => failure === '');
    const seen = this.#untilSeenRunning(over.signal);
    const started = await Promise.race([happened.then(() => true), printed.then(() => true), ended, seen]);
    over.abort();
    forget();
    this.#running = started;
    this.#hand('stderr', this.#words.started());
    return started;
  }

  /** Never resolves when it is given up. */
  async #untilSeenRunning(signal: AbortSignal): Promise<boolean> {
    for (;;) {
      await pause(LOOK_PAUSE_MS, signal);
      if (signal.aborted) return new Promise<never>(() => undefined);
      const inspected = await runDocker(['inspect', '--format', '{{.State.Running}}', this.name]).catch(
        () => undefined,
      );
      if (inspected?.stdout.trim() === 'true') return true;
    }
  }

  async #untilEnded(client: Client): Promise<ClientEnd> {
    const closed = [
      this.#forward(client.stdout, (chunk) => this.#hand('stdout', chunk)),
      this.#forward(client.stderr, (chunk) => this.#hand('stderr', this.#words.push(chunk))),
    ];
    const [{ exitCode }] = await Promise.all([client, ...closed]);
    this.#over = true;
    const { failure, output } = this.#words.end(exitCode);
    this.#hand('stderr', output);
    return { code: exitCode, failure: this.#running ? '' : failure };
  }

  #forward(stream: NodeJS.ReadableStream, take: (chunk: Buffer) => void): Promise<void> {
    stream.on('data', take);
    return new Promise((resolve) => {
      stream.once('close', resolve);
      stream.once('error', () => resolve());
    });
  }

  #hand(source: 'stdout' | 'stderr', chunk: Buffer): void {
    if (chunk.length === 0) return;
    if (source === 'stderr') this.#lastWords = Buffer.concat([this.#lastWords, chunk]).subarray(-KEPT_BYTES);
    this.#request.onOutput(source, chunk);
    // Of stderr only what comes after the start gets here; stdout has nothing but the backend's own.
    this.#firstOutput();
  }
}

/** The parts of execa's subprocess that are of use here. */
interface Client extends PromiseLike<{ exitCode?: number | undefined; cause?: unknown }> {
  stdout: NodeJS.ReadableStream;
  stderr: NodeJS.ReadableStream;
}
