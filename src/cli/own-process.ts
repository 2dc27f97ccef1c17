import { errorCode } from '../os/error-code.js';
import { watchLaunch } from '../processes/watch-launch.js';
import { cliErrors } from './cli-errors.js';
import { DebugOutput } from './debug-output.js';
import { EXIT_FAILURE, signalExitCode } from './exit-codes.js';
import { PrintedHints } from './hints/printed-hints.js';
import type { CommandIo } from './io.js';
import { reportError } from './report-error.js';
import { Output } from './terminal/output.js';
import { dim } from './terminal/text.js';

/** How long the exit waits for a reader that may have stopped reading. */
const UNREAD_OUTPUT_MS = 1_000;

/** The process of a command: its output, its signals and its exit. */
export class OwnProcess {
  readonly stdout = new Output(process.stdout);
  readonly stderr = new Output(process.stderr);
  readonly hints = new PrintedHints([this.stdout, this.stderr]);
  readonly io: CommandIo;
  /** Whether the command line asks for JSON. */
  readonly json: boolean;
  readonly #interrupted = new AbortController();
  #exitCode = 0;
  #outputLost = false;
  #ignoresHangup = false;
  #outputMatters = true;
  #signalled: 'SIGINT' | 'SIGTERM' | undefined;

  constructor(json: boolean) {
    this.json = json;
    this.io = this.#makeIo();
  }

  /** Starts handling failed writes and uncaught errors. */
  listen(): void {
    // The reader of a pipe may stop early, as in `jamdev logs | head`, or a terminal may be closed.
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE' || error.code === 'EIO') return this.#interrupted.abort();
      // A full disk must not end sessions, as in `jamdev dev > log`; there may be space again later.
      if (this.#outputLost) return;
      this.#outputLost = true;
      this.io.err(`jamdev: ${cliErrors.outputNotWritten(errorCode(error)).sentence}`);
    });
    // Node.js ignores SIGXFSZ until execa adds and removes a listener. Without this listener, a file at its size limit
    // would end the program.
    process.on('SIGXFSZ', () => undefined);
    process.stderr.on('error', () => undefined);
    // Node.js would print the message unescaped.
    process.on('uncaughtException', (error) => process.exit(reportError(error, this.stderr, this.json)));
  }

  /** Writes a text unchanged. */
  print(text: string): void {
    process.stdout.write(text);
  }

  /** Aborts the command on Ctrl-C and SIGTERM. */
  endOnSignals(): void {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        this.#signalled = signal;
        this.#interrupted.abort();
      });
    }
  }

  /**
   * Runners such as npx wait for the command that they start. If a runner is killed, the command must not be left
   * running.
   */
  endWithRunner(): void {
    watchLaunch({
      onFound: ({ nohup }) => {
        this.#ignoresHangup = nohup;
      },
      onRunnerGone: ({ name, pid }) => {
        this.#signalled ??= 'SIGTERM';
        this.#interrupted.abort(cliErrors.runnerGone(name, pid));
      },
    });
  }

  /** Reports why the command failed, unless it was asked to stop. */
  fail(error: unknown): void {
    if (this.#signalled !== undefined) this.#exitCode = signalExitCode(this.#signalled);
    else if (!this.#interrupted.signal.aborted) this.#exitCode = reportError(error, this.stderr, this.json);
  }

  /** Exits once the output has been written. */
  end(): void {
    const end = () => process.exit(this.#outputLost && this.#exitCode === 0 ? EXIT_FAILURE : this.#exitCode);
    if (!this.#outputMatters) setTimeout(end, UNREAD_OUTPUT_MS);
    // Deferred because an error of the last write is reported after this callback.
    process.stdout.write('', () => setImmediate(end));
  }

  #makeIo(): CommandIo {
    const { stdout, stderr, hints } = this;
    const ignoresHangup = () => this.#ignoresHangup;
    return {
      out: (line) => stdout.line(line),
      err: (line) => stderr.line(line),
      json: (value, indent) => stdout.json(value, indent),
      fail: (code = EXIT_FAILURE) => {
        this.#exitCode = code;
      },
      aimHints: (target) => hints.aim(target),
      leaveOutput: () => {
        this.#outputMatters = false;
      },
      signal: this.#interrupted.signal,
      // Loaded late because it loads file streams.
      get stdin() {
        return process.stdin;
      },
      stdout,
      stderr,
      debug: new DebugOutput((line) => stderr.line(['jamdev: ', dim(line)])),
      get ignoresHangup() {
        return ignoresHangup();
      },
    };
  }
}
