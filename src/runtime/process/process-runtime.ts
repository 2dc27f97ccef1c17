import { systemClock } from '../../os/clock.js';
import { noteDecision } from '../../os/debug/debug-log.js';
import { ChildOutput } from '../../processes/child-output.js';
import type { ChildRegister } from '../../processes/child-register.js';
import { commandEnvironment } from '../../processes/command-environment.js';
import { type CommandLine, shellCommandLine, splitPlainCommand } from '../../processes/command-line.js';
import { describeStuck } from '../../processes/describe-stuck.js';
import { SocketTable } from '../../processes/listening-ports.js';
import { PipePool } from '../../processes/pipe-pool.js';
import { PortPool } from '../../processes/port-pool.js';
import { processErrors } from '../../processes/process-errors.js';
import { SnapshotSource } from '../../processes/process-snapshot.js';
import { explainStartFailure } from '../../processes/start-failure.js';
import { ChildNotStarted, SupervisedChild } from '../../processes/supervised-child.js';
import type { Stuck } from '../../processes/termination.js';
import type { Build, Prepared, ProcessBuild, Runtime, RuntimeBackend, SpawnRequest, StandbyOrder } from '../runtime.js';
import type { CompileCache } from './compile-cache.js';
import { otherLanguageOf } from './fixed-port.js';
import { NodePreload, PRELOAD_PORT_VARIABLE, withPreload } from './node-preload.js';
import { CONTROL_SOCKET_VARIABLE, poolEnvironment } from './pool-environment.js';
import { ProcessBackend } from './process-backend.js';
import { WarmStarts } from './warm-starts.js';

/** Runs backends as child processes, each in its own session. */
export class ProcessRuntime implements Runtime {
  readonly #ports = new PortPool();
  readonly #running = new Set<ProcessBackend>();
  readonly #preload = new NodePreload();
  readonly #snapshots = new SnapshotSource();
  readonly #sockets = new SocketTable();
  readonly #register: ChildRegister;

  readonly #pipes: PipePool;
  readonly #warm: WarmStarts;
  readonly #compileCache: CompileCache | undefined;
  #isPipeProblemTold = false;

  /**
   * @param register records every started process, so that it can be found after a crash of this process
   * @param pipes closed together with this runtime
   * @param compileCache for Node.js backends; default: none
   */
  constructor(register: ChildRegister, pipes = new PipePool(), clock = systemClock, compileCache?: CompileCache) {
    this.#compileCache = compileCache;
    this.#register = register;
    this.#pipes = pipes;
    this.#warm = new WarmStarts({
      register,
      pipes,
      snapshots: this.#snapshots,
      preload: this.#preload,
      clock,
      environmentOf: (build) => this.#environmentOf(build),
    });
  }

  async spawn(request: SpawnRequest, signal: AbortSignal): Promise<RuntimeBackend> {
    const build = processBuildOf(request);
    const port = await this.#ports.acquire();
    let served: () => void = () => undefined;
    const isServed = new Promise<void>((resolve) => {
      served = resolve;
    });
    try {
      signal.throwIfAborted();
      const env = this.#environmentOf(build, port, request.env);
      const { controlSocket } = request;
      const warm =
        controlSocket === undefined ? await this.#startWarm(request, build, env, isServed, signal) : undefined;
      const coldEnv = controlSocket === undefined ? env : this.#poolEnvironment(controlSocket, request, env);
      const child = warm ?? (await this.#startCold(request, build, coldEnv));
      noteDecision('processes', () => `backend ${request.backendId} is process ${child.pid}, on port ${port}`);
      const backend = new ProcessBackend(
        child,
        port,
        build,
        this.#sockets,
        served,
        warm === undefined ? 'cold' : 'warm',
      );
      this.#running.add(backend);
      void backend.exited.then(() => {
        served();
        this.#running.delete(backend);
        this.#ports.release(port);
      });
      return backend;
    } catch (error) {
      served();
      this.#ports.release(port);
      throw error instanceof ChildNotStarted ? startProblem(error, build) : error;
    }
  }

  async #startWarm(
    request: SpawnRequest,
    build: ProcessBuild,
    env: NodeJS.ProcessEnv,
    isServed: Promise<void>,
    signal: AbortSignal,
  ): Promise<SupervisedChild | undefined> {
    const { backendId } = request;
    const onOutput = request.onOutput.bind(request);
    const onStuck = (stuck: Stuck) => void remarkStuck(stuck, request);
    return this.#warm.start(build, { backendId, env, onOutput, onStuck }, isServed, signal);
  }

  async #startCold(request: SpawnRequest, build: ProcessBuild, env: NodeJS.ProcessEnv): Promise<SupervisedChild> {
    const outputs = await ChildOutput.open(2, this.#pipes, (error) => this.#tellOnce(error, request));
    const program = { ...commandLineOf(build.command), cwd: build.cwd, env };
    try {
      return await SupervisedChild.start(
        {
          id: request.backendId,
          program,
          outputs: outputs as [ChildOutput, ChildOutput],
          onOutput: (output, chunk) => request.onOutput(output === 0 ? 'stdout' : 'stderr', chunk),
        },
        this.#register,
        { onStuck: (stuck) => void remarkStuck(stuck, request) },
        this.#snapshots,
      );
    } catch (error) {
      for (const output of outputs) output.discard();
      throw error;
    }
  }

  /**
   * Merges the user's own environment and the variables of the service, the request and the platform; later ones win.
   */
  #environmentOf(build: ProcessBuild, port?: number, request: Record<string, string> = {}): NodeJS.ProcessEnv {
    const assigned = port === undefined ? {} : { PORT: String(port) };
    const env = commandEnvironment(build.cwd, build.env, request, assigned);
    // These may be inherited from another dev server whose backend runs this one, and would be wrong here.
    delete env[PRELOAD_PORT_VARIABLE];
    delete env[CONTROL_SOCKET_VARIABLE];
    Object.assign(env, this.#compileCache?.variablesFor(build.cwd, env));
    if (build.remap8080) {
      env.NODE_OPTIONS = withPreload(env.NODE_OPTIONS, this.#preload.path());
      if (port !== undefined) env[PRELOAD_PORT_VARIABLE] = String(port);
    }
    return env;
  }

  #poolEnvironment(controlSocket: string, { backendId }: SpawnRequest, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
    const NODE_OPTIONS = withPreload(env.NODE_OPTIONS, this.#preload.path('lead-control-socket.cjs'));
    return { ...poolEnvironment(env, backendId, controlSocket), NODE_OPTIONS };
  }

  standBy(order: StandbyOrder): void {
    if (order.build.kind === 'process') this.#warm.keep(order, order.build);
  }

  renewStandbys(service: string): void {
    this.#warm.renew(service);
  }

  prepared(service: string): Prepared {
    return this.#warm.count(service);
  }

  async standDown(): Promise<void> {
    await this.#warm.close();
  }

  #tellOnce(error: unknown, { onRemark }: SpawnRequest): void {
    if (this.#isPipeProblemTold) return;
    this.#isPipeProblemTold = true;
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    onRemark?.(`jamdev can't create pipes (${reason}), so backends can't open /dev/stdout and /dev/stderr by path.`);
  }

  poolObstacle(build: Build): string | undefined {
    if (build.kind !== 'process') return undefined;
    const language = otherLanguageOf(build.command);
    if (language === undefined) return undefined;
    return `jamdev leads only Node.js programs to their control socket, and "${build.command}" runs ${language}. In containers, warm pools work with every program.`;
  }

  killAll(): void {
    this.#warm.killAll();
    for (const backend of this.#running) backend.killGroup();
  }

  /** Does nothing: a backend has ended only when all its processes have, so there is nothing to clear. */
  async cleared(): Promise<void> {}

  async close(): Promise<void> {
    await this.#warm.close();
    this.#pipes.close();
    await this.#ports.close();
  }
}

function processBuildOf({ build }: SpawnRequest): ProcessBuild {
  if (build.kind !== 'process') throw new Error('a container build was given to the child-process runtime');
  return build;
}

async function remarkStuck(stuck: Stuck, { onRemark }: SpawnRequest): Promise<void> {
  onRemark?.(`${await describeStuck(stuck)} Its key stays locked until they have ended.`);
}

function commandLineOf(command: string): CommandLine {
  return splitPlainCommand(command) ?? shellCommandLine(command);
}

function startProblem({ attempt, cause }: ChildNotStarted, { command }: ProcessBuild): Error {
  const { kind, reason, remedy } = explainStartFailure(cause, attempt);
  const file = command.trim().split(/\s+/)[0] ?? command;
  if (kind === 'missing') return processErrors.commandNotFound(file, attempt.cwd);
  return processErrors.commandNotStarted(file, kind === 'not-executable', reason, remedy);
}
