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

/** How long the end waits for a reader that may have stopped reading. */
const UNREAD_OUTPUT_MS = 1_000;

/** The process that a command runs in: its output, its signals and its end. */
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

  /** Handles output that can't be written, and errors that nothing has caught. */
  listen(): void {
    // The reader of a pipe may have seen enough, as with `jamdev logs | head`; a terminal may be closed.
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE' || error.code === 'EIO') return this.#interrupted.abort();
      // A full disk, as in `jamdev dev > log`, is no reason to end sessions, and there may be space again later.
      if (this.#outputLost) return;
      this.#outputLost = true;
      this.io.err(`jamdev: ${cliErrors.outputNotWritten(errorCode(error)).sentence}`);
    });
    // Node.js ignores it, until execa has listened and stops listening: then a file at its limit would end the program.
    process.on('SIGXFSZ', () => undefined);
    process.stderr.on('error', () => undefined);
    // Node.js would print it as it is, with whatever is in its message.
    process.on('uncaughtException', (error) => process.exit(reportError(error, this.stderr, this.json)));
  }

  /** Writes a text as it is. */
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

  /** npx and its kind start a command and wait for it; one that is killed must not leave the command behind. */
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

  /** Says why the command failed, unless it was told to end. */
  fail(error: unknown): void {
    if (this.#signalled !== undefined) this.#exitCode = signalExitCode(this.#signalled);
    else if (!this.#interrupted.signal.aborted) this.#exitCode = reportError(error, this.stderr, this.json);
  }

  /** Ends the process once its output is written. */
  end(): void {
    const end = () => process.exit(this.#outputLost && this.#exitCode === 0 ? EXIT_FAILURE : this.#exitCode);
    if (!this.#outputMatters) setTimeout(end, UNREAD_OUTPUT_MS);
    // Later, because an error of the last write is reported after this callback.
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
      // Late, as it loads streams of files.
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
