import type { Duplex } from 'node:stream';
import { execa } from 'execa';
import { handledElsewhere } from '../os/debug/debug-log.js';
import type { ChildOutput } from './child-output.js';
import type { ChildRegister } from './child-register.js';
import { ChildTree } from './child-tree.js';
import { SnapshotSource } from './process-snapshot.js';
import { hasEnded } from './process-table.js';
import type { StartAttempt } from './start-failure.js';
import { Termination, type TerminationOptions } from './termination.js';

/** A child to start. */
export interface ChildToStart {
  /** The value of `SESSION_BACKEND_ID` or `JAMDEV_BUILD_ID` in every process of its tree. */
  id: string;
  program: StartAttempt;
  /** Absolute path of the file for its standard input; default: no input. */
  input?: string | undefined;
  /** One for stdout and stderr together, which keeps the order of lines, or one for each. */
  outputs: readonly [ChildOutput] | readonly [ChildOutput, ChildOutput];
  /** The descriptor, 3 or higher, of its channel to this program; default: no channel. */
  channelFd?: number | undefined;
  /** Receives its output. @param output the index in `outputs` */
  onOutput(output: number, chunk: Buffer): void;
}

/** How a child's first process ended; unknown if both are null. */
export interface ChildExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A child could not be started. */
export class ChildNotStarted extends Error {
  override readonly name = 'ChildNotStarted';

  /** @param cause the system's error */
  constructor(
    readonly attempt: StartAttempt,
    cause: unknown,
  ) {
    super(`${attempt.file} could not be started`, { cause });
  }
}

/**
 * A child process that leads its own session, with all its descendants. Its identity is recorded, its output is read to the
 * end, and it is terminated as a tree.
 */
export class SupervisedChild {
  readonly pid: number;
  /** Resolves when its first process has exited. Descendants may still run. */
  readonly exit: Promise<ChildExit>;
  readonly tree: ChildTree;
  /** Terminates the whole tree. */
  readonly termination: Termination;
  /** This program's end of the channel, if there is one. */
  readonly channel: Duplex | undefined;
  readonly #outputs: readonly ChildOutput[];

  private constructor(
    pid: number,
    id: string,
    exit: Promise<ChildExit>,
    outputs: readonly ChildOutput[],
    channel: Duplex | undefined,
    options: TerminationOptions,
    snapshots: SnapshotSource,
  ) {
    this.pid = pid;
    this.exit = exit;
    this.#outputs = outputs;
    this.channel = channel;
    this.tree = new ChildTree(id, pid, exit, snapshots);
    this.termination = new Termination(this.tree, options);
  }

  /**
   * Starts a child. If that fails, its outputs are released.
   * @param snapshots of the process table, shared by children that are sampled at the same time
   * @throws ChildNotStarted
   */
  static async start(
    { id, program, input, outputs, channelFd, onOutput }: ChildToStart,
    register: ChildRegister | undefined,
    options: TerminationOptions,
    snapshots = new SnapshotSource(),
  ): Promise<SupervisedChild> {
    const [stdout, stderr] = outputs;
    const attempt = { ...program, env: { ...program.env, ...register?.environment() } };
    const subprocess = execa(attempt.file, attempt.args, {
      cwd: attempt.cwd,
      env: attempt.env,
      extendEnv: false,
      // Its own session: signals from this program's terminal don't reach it, and its group can be signaled.
      detached: true,
      cleanup: false,
      reject: false,
      buffer: false,
      stdio: [
        input === undefined ? 'ignore' : { file: input },
        stdout.stdio,
        (stderr ?? stdout).stdio,
        // The descriptors in between stay closed.
        ...(channelFd === undefined ? [] : [...Array<'ignore'>(channelFd - 3).fill('ignore'), 'pipe' as const]),
      ],
      all: stderr === undefined,
    });
    const { pid } = subprocess;
    if (pid === undefined) throw new ChildNotStarted(attempt, (await subprocess).cause);
    // The outcome comes from 'exit': execa's own promise waits for pipes that a daemon may hold forever.
    subprocess.catch(handledElsewhere);
    const exit = new Promise<ChildExit>((resolve) => {
      subprocess.once('exit', (code, signal) => resolve({ code, signal }));
    });
    stdout.read((stderr === undefined ? subprocess.all : subprocess.stdout) ?? null, (chunk) => onOutput(0, chunk));
    stderr?.read(subprocess.stderr ?? null, (chunk) => onOutput(1, chunk));
    const channel = channelFd === undefined ? undefined : (subprocess.stdio[channelFd] as unknown as Duplex);
    const child = new SupervisedChild(pid, id, exit, outputs, channel, options, snapshots);
    void child.tree.identity().then((root) => register?.note(root), handledElsewhere);
    return child;
  }

  /** Whether its first process has exited, even if this program has not received the exit event yet. */
  get hasExited(): boolean {
    return this.tree.leader === undefined || hasEnded(this.pid);
  }

  /** Resolves when all output from before this call was handed over. Call it after the child has exited. */
  async finishOutput(): Promise<void> {
    await Promise.all(this.#outputs.map((output) => output.finish()));
  }

  /**
   * Sends SIGKILL to its process group immediately, without reading the process table. For the moment before this program
   * exits. The group id can't be reused until its first process was reaped.
   */
  killGroup(): void {
    if (this.tree.leader !== undefined) this.tree.killGroup();
  }
}
