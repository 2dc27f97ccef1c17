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
  /** What every process of its tree has in `SESSION_BACKEND_ID` or `JAMDEV_BUILD_ID`. */
  id: string;
  program: StartAttempt;
  /** Absolute path of the file that it reads as its input; default: it has none. */
  input?: string | undefined;
  /** One for stdout and stderr together, which keeps the order of lines, or one for each. */
  outputs: readonly [ChildOutput] | readonly [ChildOutput, ChildOutput];
  /** The descriptor, 3 or more, at which it finds a channel to this program; default: none. */
  channelFd?: number | undefined;
  /** Receives what it prints. @param output the place of its output among `outputs` */
  onOutput(output: number, chunk: Buffer): void;
}

/** How the first process of a child ended; both null: it is not known. */
export interface ChildExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A child could not be started. */
export class ChildNotStarted extends Error {
  override readonly name = 'ChildNotStarted';

  /** @param cause of the system */
  constructor(
    readonly attempt: StartAttempt,
    cause: unknown,
  ) {
    super(`${attempt.file} could not be started`, { cause });
  }
}

/**
 * A child process that leads a session of its own, with all that it starts: its identity is noted, its output is read to
 * the end, and it is ended as a tree.
 */
export class SupervisedChild {
  readonly pid: number;
  /** Resolves when its first process has ended; what that started may still run. */
  readonly exit: Promise<ChildExit>;
  readonly tree: ChildTree;
  /** Ends the whole tree. */
  readonly termination: Termination;
  /** The other end of its channel, if it has one. */
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
   * Starts a child. Nothing is left of its outputs when that fails.
   * @param snapshots of the process table, shared by children that are looked for at the same moments
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
      // A session of its own: signals for this program's terminal don't reach it, and its group can be signalled.
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
    // Its outcome comes through 'exit': execa's own promise waits for pipes that a daemon may hold forever.
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

  /** Whether its first process has ended, even if this program has not been told yet. */
  get hasExited(): boolean {
    return this.tree.leader === undefined || hasEnded(this.pid);
  }

  /** Resolves when all output from before this call was handed over. Call it when the child has ended. */
  async finishOutput(): Promise<void> {
    await Promise.all(this.#outputs.map((output) => output.finish()));
  }

  /**
   * Sends SIGKILL to its process group at once, without a look at the process table: for the moment before this program
   * ends. The group's number is its own for as long as its first process was not waited for.
   */
  killGroup(): void {
    if (this.tree.leader !== undefined) this.tree.killGroup();
  }
}
