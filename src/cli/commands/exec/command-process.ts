import { type ChildProcess, spawn } from 'node:child_process';
import { handledElsewhere } from '../../../os/debug/debug-log.js';
import { CommandTree } from '../../../processes/command-tree.js';
import { describeStuck } from '../../../processes/describe-stuck.js';
import { terminalPlace } from '../../../processes/foreground.js';
import { processErrors } from '../../../processes/process-errors.js';
import { explainStartFailure, type StartAttempt } from '../../../processes/start-failure.js';
import { Termination } from '../../../processes/termination.js';
import { signalExitCode } from '../../exit-codes.js';
import { execErrors } from './exec-errors.js';

/** Signals that a terminal sends to every process of its foreground group. */
const TYPED_SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT'];

/** Time between SIGTERM and SIGKILL for a process that the command left running. */
const GRACE_MS = 2_000;
/** How long to wait for the effect of SIGKILL. */
const KILL_MS = 1_000;

/** How a command ended. */
export interface CommandEnd {
  /** As in shells, 128 plus the signal's number after a signal. */
  code: number;
  signal: NodeJS.Signals | null;
}

/** A command that runs with this process's terminal, input and output. */
export class CommandProcess {
  readonly #child: ChildProcess;
  readonly #tree: CommandTree;
  readonly #termination: Termination;
  readonly #ended: Promise<CommandEnd>;

  /**
   * Starts the command.
   * @param mark an environment variable unique to this command, which identifies the processes that it starts
   * @throws JamdevError `ExecNotFound`, `ExecNotExecutable`, `CommandNotStarted`; some failures are thrown only by
   *   {@link end}
   */
  constructor(file: string, args: readonly string[], env: NodeJS.ProcessEnv, mark: string) {
    const attempt = { file, args, cwd: process.cwd(), env };
    try {
      this.#child = spawn(file, args, { stdio: 'inherit', env });
    } catch (error) {
      throw explain(error, attempt);
    }
    const child = this.#child;
    this.#ended = new Promise((resolve, reject) => {
      child.once('exit', (code, signal) => {
        resolve({ code: signal === null ? (code ?? 1) : signalExitCode(signal), signal });
      });
      // A later error only means that a signal could not be sent.
      child.on('error', (error) => reject(explain(error, attempt)));
    });
    const over = this.#ended.catch(handledElsewhere);
    this.#tree = new CommandTree(child.pid ?? 0, `${mark}=${env[mark]}`, over);
    this.#termination = new Termination(this.#tree, { stuckMs: KILL_MS, givesUp: true });
  }

  /**
   * Resolves when the command and the processes that it left in its process group have ended.
   * @param tell receives a sentence if a process can't be ended
   * @throws JamdevError `ExecNotFound`, `ExecNotExecutable`, `CommandNotStarted`
   */
  async end(tell: (text: string) => void): Promise<CommandEnd> {
    const end = await this.#ended;
    this.#termination.ask(GRACE_MS);
    const stuck = await this.#termination.over;
    if (stuck !== undefined) tell(await describeStuck(stuck));
    return end;
  }

  /**
   * Forwards a signal that this process got, unless the terminal has already sent it to the command. SIGTERM is also
   * sent to the processes that the command started, in case the command does not forward it.
   */
  async pass(signal: NodeJS.Signals): Promise<void> {
    if (signal === 'SIGTERM' && !this.#termination.hasBegun) return this.#termination.ask();
    await this.#tree.sample();
    if (TYPED_SIGNALS.includes(signal) && (await terminalPlace()) === 'foreground') return;
    this.#child.kill(signal);
  }
}

function explain(error: unknown, attempt: StartAttempt): Error {
  const { file } = attempt;
  const { kind, reason, remedy } = explainStartFailure(error, attempt);
  if (kind === 'missing' || file === '') return execErrors.execNotFound(file);
  if (kind === 'not-executable') return execErrors.execNotExecutable(file, reason, remedy);
  return processErrors.commandNotStarted(file, false, reason, remedy);
}
