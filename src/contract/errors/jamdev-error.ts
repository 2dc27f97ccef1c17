import { type ErrorCode, httpStatusOf } from './error-codes.js';

/** An error with a code, a sentence for the user, and a remedy. */
export class JamdevError extends Error {
  override readonly name = 'JamdevError';

  /**
   * @param code one of the codes of {@link ErrorCode}
   * @param message what happened, with the value
   * @param remedy the next step, as a sentence; empty if there is none
   * @param lastLines the last output before the error, oldest first
   */
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly remedy = '',
    readonly lastLines: readonly string[] = [],
  ) {
    super(message);
  }

  /** The HTTP status of an answer with this error. */
  get status(): number {
    return httpStatusOf(this.code);
  }

  /**
   * The whole text: what happened, then the remedy. One line, unless there is output or the message has several lines.
   */
  get sentence(): string {
    const output = this.lastLines.length === 0 ? '' : ` Its last lines:\n${this.lastLines.join('\n')}`;
    const told = `${this.message}${output}`;
    if (this.remedy === '') return told;
    return `${told}${told.includes('\n') ? '\n' : ' '}${this.remedy}`;
  }
}
