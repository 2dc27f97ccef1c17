import { constants } from 'node:os';
import { execa } from 'execa';
import { handledElsewhere, noteDecision } from '../../os/debug/debug-log.js';
import { ChildOutput } from '../../processes/child-output.js';
import { ChildTree } from '../../processes/child-tree.js';
import { commandEnvironment } from '../../processes/command-environment.js';
import { shellCommandLine, splitPlainCommand } from '../../processes/command-line.js';
import { describeStuck } from '../../processes/describe-stuck.js';
import { listListeningPorts } from '../../processes/listening-ports.js';
import { PipePool } from '../../processes/pipe-pool.js';
import { PortPool } from '../../processes/port-pool.js';
import { processErrors } from '../../processes/process-errors.js';
import { explainStartFailure, type StartAttempt } from '../../processes/start-failure.js';
import { Termination } from '../../processes/termination.js';
import type { ChildRegister } from '../../records/child-register.js';
import { BACKEND_CHILD } from '../child-options.js';
import type { Address, Exit, ProcessBuild, Runtime, RuntimeBackend, SpawnRequest, Usage } from '../runtime.js';
import { describeStrangeAnswer, type StrangeAnswer } from '../strange-answer.js';
import { NodePreload, PRELOAD_PORT_VARIABLE, withPreload } from './node-preload.js';
import { TreeUsage } from './tree-usage.js';

/** How long what a process that ended on its own left behind has after SIGTERM, before SIGKILL. */
const ORPHAN_GRACE_MS = 2_000;

/** Runs backends as child processes, each the leader of a session of its own. */
export class ProcessRuntime implements Runtime {
  readonly #ports = new PortPool();
  readonly #running = new Set<ProcessBackend>();
  readonly #preload = new NodePreload();
  readonly #register: ChildRegister;

  readonly #pipes: PipePool;
  #isPipeProblemTold = false;

  /**
   * @param register knows every process that is started, to be found again after a crash of this program
   * @param pipes closed with this runtime
   */
  constructor(register: ChildRegister, pipes = new PipePool()) {
    this.#register = register;
    this.#pipes = pipes;
  }

  async spawn(request: SpawnRequest, signal: AbortSignal): Promise<RuntimeBackend> {
    const opening = ChildOutput.open(2, this.#pipes, (error) => this.#tellOnce(error, request));
    const [[stdout, stderr], port] = await Promise.all([
      opening as Promise<[ChildOutput, ChildOutput]>,
      this.#ports.acquire().catch(async (error) => {
        for (const output of await opening) output.discard();
        throw error;
      }),
    ]);
    let isStarted = false;
    try {
      signal.throwIfAborted();
      const build = processBuildOf(request);
      const env = backendEnvironment(request, build, port, this.#preload);
      const plain = splitPlainCommand(build.command);
      const attempt = {
        ...(plain ?? shellCommandLine(build.command)),
        cwd: build.cwd,
        env: { ...env, ...this.#register.environment() },
      };
      const subprocess = execa(attempt.file, attempt.args, {
        ...BACKEND_CHILD,
        cwd: attempt.cwd,
        env: attempt.env,
        stdout: stdout.stdio,
        stderr: stderr.stdio,
      });
      if (subprocess.pid === undefined) throw startProblem((await subprocess).cause, build.command, attempt);
      // Its outcome comes through 'exit' below: execa's own promise waits for pipes that a daemon may hold forever.
      subprocess.catch(handledElsewhere);
      isStarted = true;
      stdout.read(subprocess.stdout, (chunk) => request.onOutput('stdout', chunk));
      stderr.read(subprocess.stderr, (chunk) => request.onOutput('stderr', chunk));
      const leaderExit = new Promise<Exit>((resolve) => {
        subprocess.once('exit', (code, exitSignal) => resolve(toExit(code, exitSignal)));
      });
      const tree = new ChildTree(request.backendId, subprocess.pid, leaderExit);
      void tree.identity().then(
        (root) => this.#register.note(root),
        () => undefined,
      );
      const { pid } = subprocess;
      noteDecision('processes', () => `backend ${request.backendId} is process ${pid}, on port ${port}`);
      const backend = new ProcessBackend(tree, port, leaderExit, [stdout, stderr], request);
      this.#running.add(backend);
      void backend.exited.then(() => {
        this.#running.delete(backend);
        this.#ports.release(port);
      });
      return backend;
    } catch (error) {
      this.#ports.release(port);
      if (!isStarted) for (const output of [stdout, stderr]) output.discard();
      throw error;
    }
  }

  #tellOnce(error: unknown, { onRemark }: SpawnRequest): void {
    if (this.#isPipeProblemTold) return;
    this.#isPipeProblemTold = true;
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    onRemark?.(`jamdev can't make pipes (${reason}): backends can't open /dev/stdout and /dev/stderr by these names.`);
  }

  killAll(): void {
    for (const backend of this.#running) backend.killGroup();
  }

  async close(): Promise<void> {
    this.#pipes.close();
    await this.#ports.close();
  }
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
    output: ChildOutput[],
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
        void describeStuck(stuck).then((text) => onRemark?.(`${text} Its key stays held until they have ended.`));
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
  async #untilGone(leaderExit: Promise<Exit>, output: ChildOutput[]): Promise<Exit> {
    const exit = await leaderExit;
    // Ends what a first process that ended on its own left behind.
    if (!this.#termination.hasBegun) this.#termination.ask(ORPHAN_GRACE_MS);
    await this.#termination.over;
    await Promise.all(output.map((each) => each.finish()));
    this.#over = true;
    return exit;
  }
}

/** The environment of a backend: the user's own, the service's, the request's, and the platform's on top. */
function backendEnvironment(
  request: SpawnRequest,
  build: ProcessBuild,
  port: number,
  preload: NodePreload,
): NodeJS.ProcessEnv {
  const env = commandEnvironment(build.cwd, build.env, request.env, { PORT: String(port) });
  // Inherited from another dev server whose backend runs this one, it would name another port.
  delete env[PRELOAD_PORT_VARIABLE];
  if (build.remap8080) {
    env.NODE_OPTIONS = withPreload(env.NODE_OPTIONS, preload.path());
    env[PRELOAD_PORT_VARIABLE] = String(port);
  }
  return env;
}

function processBuildOf({ build }: SpawnRequest): ProcessBuild {
  if (build.kind !== 'process') throw new Error('a container build was given to the child-process runtime');
  return build;
}

function toExit(code: number | null, signal: NodeJS.Signals | null): Exit {
  return { code: signal === null ? code : 128 + (constants.signals[signal] ?? 0), signal };
}

function startProblem(error: unknown, command: string, attempt: StartAttempt): Error {
  const { kind, reason, remedy } = explainStartFailure(error, attempt);
  const file = command.trim().split(/\s+/)[0] ?? command;
  if (kind === 'missing') return processErrors.commandNotFound(file, attempt.cwd);
  return processErrors.commandNotStarted(file, kind === 'not-executable', reason, remedy);
}
