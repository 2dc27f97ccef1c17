import type { DebugOutput } from './debug-output.js';
import type { HintTarget } from './hints/hints.js';
import type { Output } from './terminal/output.js';
import type { Text } from './terminal/text.js';

/** A command's access to its process. Implemented in own-process.ts. */
export interface CommandIo {
  /** Writes a line of the command's result. */
  out(line: Text): void;
  /** Writes a line that is not part of the result: a remark or an error. */
  err(line: Text): void;
  /** Writes a result as JSON, on one line unless an indentation is given. */
  json(value: unknown, indent?: number): void;
  /** Sets the exit code of the command: 1, or the given one. */
  fail(code?: number): void;
  /** Sets the target of the commands in printed hints. */
  aimHints(target: HintTarget): void;
  /** Lets the command exit even if its output is not read. */
  leaveOutput(): void;
  /**
   * Aborts on Ctrl-C, when nobody reads the output anymore, or when the package runner that started this program has
   * ended, in which case the reason is a JamdevError.
   */
  signal: AbortSignal;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly debug: DebugOutput;
  /** Whether to ignore SIGHUP, because nohup has started the program. */
  readonly ignoresHangup: boolean;
}
