import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import type { OutputSource } from '../../contract/dev-endpoints.js';
import { problem } from '../../contract/errors.js';
import { pause } from '../../os/clock.js';
import { ChildTree } from '../../processes/child-tree.js';
import { describeStuck } from '../../processes/describe-stuck.js';
import { listListeningPorts } from '../../processes/listening-ports.js';
import { Termination } from '../../processes/termination.js';
import type { ProcessRecord } from '../../records/server-records.js';
import { BACKEND_CHILD } from '../child-options.js';
import type { Address, Exit, ProcessBuild, Runtime, RuntimeBackend, SpawnRequest, Usage } from '../runtime.js';
import { describeStrangeAnswer, type StrangeAnswer } from '../strange-answer.js';
import { splitPlainCommand } from './command-line.js';
import { commandEnvironment } from './environment.js';
import { withPreload } from './node-preload.js';
import { PortPool } from './port-pool.js';
import { TreeUsage } from './tree-usage.js';

/** How long what a process that ended on its own left behind has after SIGTERM, before SIGKILL. */
const ORPHAN_GRACE_MS = 2_000;
/** How long output may still come in after the last process is gone; more only if someone outside holds the pipe. */
const OUTPUT_DRAIN_MS = 500;

/** Runs backends as child processes, each the leader of a session of its own. */
export class ProcessRuntime implements Runtime {
  readonly #ports = new PortPool();
  readonly #running = new Set<ProcessBackend>();
  readonly #noteProcess: (record: ProcessRecord) => void;

  /** @param noteProcess told of every process started, to be found again after a crash of this program */
  constructor(noteProcess: (record: ProcessRecord) => void) {
    this.#noteProcess = noteProcess;
  }

  async spawn(request: SpawnRequest, signal: AbortSignal): Promise<RuntimeBackend> {
    const [{ execa }, port] = await Promise.all([import('execa'), this.#ports.acquire()]);
    try {
      signal.throwIfAborted();
      const build = processBuildOf(request);
      const env = backendEnvironment(request, build, port);
      const plain = splitPlainCommand(build.command);
      const subprocess = execa(plain?.file ?? build.command, plain?.args ?? [], {
        ...BACKEND_CHILD,
        cwd: build.cwd,
        env,
        shell: plain === undefined,
      });
      if (subprocess.pid === undefined) throw launchError((await subprocess).cause, build.command, build.cwd);
      // Its outcome comes through 'exit' below: execa's own promise waits for pipes that a daemon may hold for ever.
      subprocess.catch(() => undefined);
      const outputEnded = [
        forward(subprocess.stdout, 'stdout', request),
        forward(subprocess.stderr, 'stderr', request),
      ];
      const leaderExit = new Promise<Exit>((resolve) => {
        subprocess.once('exit', (code, exitSignal) => resolve(toExit(code, exitSignal)));
      });
      const tree = new ChildTree(request.backendId, subprocess.pid, leaderExit);
      void tree.identity().then(this.#noteProcess, () => undefined);
      const backend = new ProcessBackend(tree, port, leaderExit, outputEnded, request);
      this.#running.add(backend);
      void backend.exited.then(() => {
        this.#running.delete(backend);
        this.#ports.release(port);
      });
      return backend;
    } catch (error) {
      this.#ports.release(port);
      throw error;
    }
  }

  killAll(): void {
    for (const backend of this.#running) backend.killGroup();
  }

  async close(): Promise<void> {
    await this.#ports.close();
  }
}

interface OutputPipe {
  ended: Promise<void>;
  destroy(): void;
}

class ProcessBackend implements RuntimeBackend {
  readonly addresses: readonly Address[];
  readonly exited: Promise<Exit>;
  readonly stopped: Promise<unknown>;
  readonly #tree: ChildTree;
  readonly #termination: Termination;
  readonly #port: number;
  #over = false;
  readonly #usage = new TreeUsage();

  constructor(
    tree: ChildTree,
    port: number,
    leaderExit: Promise<Exit>,
    output: OutputPipe[],
    { onRemark }: Pick<SpawnRequest, 'onRemark'>,
  ) {
    this.#tree = tree;
    this.#port = port;
    this.addresses = [
      { host: '127.0.0.1', port },
      { host: '::1', port },
    ];
    this.#termination = new Termination(tree, {
      onStuck: (stuck) => {
        void describeStuck(stuck).then((text) => onRemark?.(`${text} Until they have ended, its key stays held.`));
      },
    });
    this.exited = this.#untilGone(leaderExit, output);
    this.stopped = this.exited;
  }

  get ended(): boolean {
    return this.#tree.leader === undefined;
  }

  terminate(hard: boolean): void {
    if (this.#over) return;
    if (hard) this.#termination.force();
    else this.#termination.ask();
  }

  /** The group number is safe to signal as long as the leader has not been waited for. */
  killGroup(): void {
    if (!this.ended) this.#tree.killGroup();
  }

  async explainNotReady(answer?: StrangeAnswer): Promise<string | undefined> {
    const sample = await this.#tree.sample();
    if (!sample.known) return undefined;
    const listening = await listListeningPorts(new Set(sample.living.map(({ pid }) => pid)));
    const others = [...new Set(listening.map((each) => each.port))].filter((port) => port !== this.#port);
    if (listening.some((each) => each.port === this.#port)) return answer && describeStrangeAnswer(answer);
    if (others.length === 0) return undefined;
    return (
      `It listens on port ${others.join(', ')}, but jamdev gave it PORT=${this.#port}. ` +
      `Make the server listen on the port in the environment variable PORT.`
    );
  }

  async usage(): Promise<Usage | undefined> {
    if (this.#over) return undefined;
    const sample = await this.#tree.sample();
    return sample.known ? this.#usage.add(sample) : undefined;
  }

  /** A backend is gone when nothing of its tree lives: only then may its key go to another. */
  async #untilGone(leaderExit: Promise<Exit>, output: OutputPipe[]): Promise<Exit> {
    const exit = await leaderExit;
    // Ends what a first process that ended on its own left behind.
    if (!this.#termination.hasBegun) this.#termination.ask(ORPHAN_GRACE_MS);
    await this.#termination.over;
    await Promise.race([Promise.all(output.map((pipe) => pipe.ended)), pause(OUTPUT_DRAIN_MS)]);
    for (const pipe of output) pipe.destroy();
    this.#over = true;
    return exit;
  }
}

/** The environment of a backend: the user's own, the service's, the request's, and the platform's on top. */
function backendEnvironment(request: SpawnRequest, build: ProcessBuild, port: number): NodeJS.ProcessEnv {
  const env = commandEnvironment(build.cwd, build.env, request.env, { PORT: String(port) });
  if (build.remap8080) env.NODE_OPTIONS = withPreload(env.NODE_OPTIONS);
  return env;
}

function processBuildOf({ build }: SpawnRequest): ProcessBuild {
  if (build.kind !== 'process') throw new Error('a container build was given to the child-process runtime');
  return build;
}

function forward(stream: Readable, source: OutputSource, request: SpawnRequest): OutputPipe {
  stream.on('data', (chunk: Buffer) => request.onOutput(source, chunk));
  const ended = new Promise<void>((resolve) => {
    stream.once('close', resolve);
    stream.once('error', () => resolve());
  });
  return { ended, destroy: () => stream.destroy() };
}

function toExit(code: number | null, signal: NodeJS.Signals | null): Exit {
  return { code: signal === null ? code : 128 + (constants.signals[signal] ?? 0), signal };
}

function launchError(cause: unknown, command: string, folder: string): Error {
  const { code } = (cause ?? {}) as NodeJS.ErrnoException;
  const file = command.trim().split(/\s+/)[0] ?? command;
  if (code === 'ENOENT') return problem.commandNotFound(file, folder);
  return problem.commandUnusable(file, code ?? String(cause));
}
