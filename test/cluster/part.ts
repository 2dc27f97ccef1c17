import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { waitFor } from '../support/wait.js';

/** How long a part may take to be of use again. */
const UP_DEADLINE_MS = 60_000;
/** What systemd waits before it starts a program again. */
const RESTART_MS = 100;

/** A part of a cluster, which a supervisor starts again whenever it has ended. */
export interface Part {
  readonly name: string;
  /** Ends it with SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
  /** The same, and keeps it from being started again until {@link start}. */
  stop(): Promise<void>;
  /** Starts it, if need be. */
  start(): void;
  /** Waits until it does its work. */
  untilUp(): Promise<void>;
}

/** How a process is started. */
export interface Program {
  command: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  cwd: string;
  /** Gets what it prints. */
  logFile: string;
}

/** A part that is one process. */
export class ProcessPart implements Part {
  readonly name: string;
  readonly #program: Program;
  readonly #isUp: (startedAtMs: number) => Promise<boolean>;
  #child: ChildProcess | undefined;
  #startedAtMs = 0;
  #isWanted = false;
  #restart: NodeJS.Timeout | undefined;

  /** @param isUp gets when the process was started; ms since 1970. May reject, which means no */
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
