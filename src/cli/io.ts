/** What a command may touch of the process it runs in; main.ts gives the real thing. */
export interface CommandIo {
  /** Writes a line for the reader of the command's result. */
  out(line: string): void;
  /** Writes a line beside the result: remarks and errors. */
  err(line: string): void;
  /** Makes the command end with another exit code than 0: 1, or the given one. */
  fail(code?: number): void;
  /** Lets the command end although some of its output may never be read. */
  leaveOutput(): void;
  /**
   * Aborts on Ctrl-C, when nobody reads the output any more, and, with a JamdevError as its reason, when the package
   * runner that started this program has ended.
   */
  signal: AbortSignal;
  /** Whether SIGHUP means nothing: it was started by nohup. */
  readonly ignoresHangup: boolean;
}
