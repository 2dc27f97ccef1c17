import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { problem } from '../contract/errors.js';
import { terminalPlace } from '../processes/foreground.js';
import { signalExitCode } from './exit-codes.js';
import { Stragglers } from './stragglers.js';

/** What a terminal sends to every process of the group in its foreground. */
const TYPED_SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT'];

/** How a command ended. */
export interface CommandEnd {
  /** As shells have it: 128 and the signal's number when a signal ended it. */
  code: number;
  signal: NodeJS.Signals | null;
}

/** A command that runs in the place of this program: with its terminal, its input and its output. */
export class CommandProcess {
  readonly #child: ChildProcess;
  readonly #stragglers: Stragglers;
  readonly #ended: Promise<CommandEnd>;

  /**
   * Starts it.
   * @param mark a variable that no other process has in its environment, to know those again that the command starts
   * @throws JamdevError `ExecNotFound`, `ExecNotExecutable`; some failures only show when its end is asked for
   */
  constructor(file: string, args: readonly string[], env: NodeJS.ProcessEnv, mark: string) {
    try {
      this.#child = spawn(file, args, { stdio: 'inherit', env });
    } catch (error) {
      throw explain(file, error as NodeJS.ErrnoException);
    }
    const child = this.#child;
    this.#stragglers = new Stragglers(child.pid ?? 0, `${mark}=${env[mark]}`);
    this.#ended = new Promise((resolve, reject) => {
      child.once('exit', (code, signal) => {
        resolve({ code: signal === null ? (code ?? 1) : signalExitCode(signal), signal });
      });
      // One that comes later only tells that a signal could not be sent.
      child.on('error', (error) => reject(explain(file, error)));
    });
    this.#ended.catch(() => undefined);
  }

  /**
   * Resolves when it has ended, and what it left running in its process group as well.
   * @throws JamdevError `ExecNotFound`, `ExecNotExecutable`
   */
  async end(): Promise<CommandEnd> {
    const end = await this.#ended;
    await this.#stragglers.end();
    return end;
  }

  /** Passes a signal on that this program got, unless the terminal sent it to the command as well. */
  async pass(signal: NodeJS.Signals): Promise<void> {
    await this.#stragglers.note();
    if (TYPED_SIGNALS.includes(signal) && (await terminalPlace()) === 'foreground') return;
    this.#child.kill(signal);
  }
}

function explain(file: string, { code, message }: NodeJS.ErrnoException): Error {
  if (code === 'ENOENT' && file.includes('/') && existsSync(file)) {
    return problem.execNotExecutable(file, 'the program named in its first line does not exist');
  }
  if (code === 'ENOENT' || file === '') return problem.execNotFound(file);
  const detail = code === 'EACCES' ? 'it is a folder, or not marked as executable' : (code ?? message);
  return problem.execNotExecutable(file, detail);
}
