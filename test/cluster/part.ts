import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { waitFor } from '../support/wait.js';

/** How long a part may take to work again. */
const UP_DEADLINE_MS = 60_000;
/** How long systemd waits before it restarts a program. */
const RESTART_MS = 100;

/** A part of a cluster, which a supervisor restarts whenever it ends. */
export interface Part {
  readonly name: string;
  /** Kills it with SIGKILL and waits until it is gone. */
  kill(): Promise<void>;
  /** The same, and prevents restarts until {@link start}. */
  stop(): Promise<void>;
  /** Starts it if it is not running. */
  start(): void;
  /** Waits until it works. */
  untilUp(): Promise<void>;
}

/** How a process is started. */
export interface Program {
  command: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  cwd: string;
  /** Receives its output. */
  logFile: string;
}

/** A part that is a single process. */
export class ProcessPart implements Part {
  readonly name: string;
  readonly #program: Program;
  readonly #isUp: (startedAtMs: number) => Promise<boolean>;
  #child: ChildProcess | undefined;
  #startedAtMs = 0;
  #isWanted = false;
  #restart: NodeJS.Timeout | undefined;

  /** @param isUp receives the start time of the process in ms since 1970; a rejection means no */
  constructor(name: string, program: Program, isUp: (startedAtMs: number) => Promise<boolean>) {
    this.name = name;
    this.#program = program;
    this.#isUp = isUp;
  }

  start(): void {
    this.#isWanted = true;
    if (this.#child === undefined) this.#spawn();
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await exited;
  }

  async stop(): Promise<void> {
    this.#isWanted = false;
    clearTimeout(this.#restart);
    await this.kill();
  }

  async untilUp(): Promise<void> {
    const isUp = () => (this.#child === undefined ? false : this.#isUp(this.#startedAtMs).catch(() => false));
    await waitFor(isUp, `${this.name} to be up`, UP_DEADLINE_MS).catch((error) => {
      throw new Error(
        `${error.message}; the end of its log:\n${readFileSync(this.#program.logFile, 'utf8').slice(-2_000)}`,
      );
    });
  }

  #spawn(): void {
    const { command, args, env, cwd, logFile } = this.#program;
    const log = openSync(logFile, 'a');
    this.#startedAtMs = Date.now();
    const child = spawn(command, args, { env, cwd, stdio: ['ignore', log, log] });
    closeSync(log);
    this.#child = child;
    child.once('exit', () => {
      this.#child = undefined;
      if (!this.#isWanted) return;
      this.#restart = setTimeout(() => this.start(), RESTART_MS);
    });
  }
}
