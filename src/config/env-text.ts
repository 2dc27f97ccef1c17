import { stat } from 'node:fs/promises';
import { errorCode } from '../os/error-code.js';
import { readPatiently } from '../os/patient-read.js';
import { FileTooLarge, kindOf, MAX_TEXT_BYTES, NotRegularFile, readRegularFile } from '../os/regular-file.js';
import { decodeText, NotUtf8 } from '../os/text-encoding.js';
import { configErrors } from './config-errors.js';

/** Timeout for a named pipe. The program that writes it may first ask the user to unlock the variables. */
const ENV_FILE_TIMEOUT_MS = 10_000;

/** Reads the text of an env file. @throws JamdevError `ConfigUnreadable` */
export type ReadEnvText = (path: string, signal?: AbortSignal) => Promise<string>;

/**
 * Creates a reader of env files. They may be named pipes, such as those of some password managers. Data written to a pipe
 * reaches only one reader, so concurrent callers share one read.
 * @param timeoutMs the timeout of one read
 */
export function createReadEnvText(timeoutMs = ENV_FILE_TIMEOUT_MS): ReadEnvText {
  const pipes = new Map<string, SharedRead>();
  return async (path, signal) => {
    const timeout = AbortSignal.timeout(timeoutMs);
    const ended = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
    try {
      const stats = await stat(path);
      ended.throwIfAborted();
      const kind = kindOf(stats);
      if (kind === 'folder' || kind === 'socket') throw new NotRegularFile(path, kind);
      if (kind === 'file') return await orAborted(readRegularFile(path), ended);
      const shared = pipes.get(path) ?? new SharedRead(path, () => pipes.delete(path));
      pipes.set(path, shared);
      return await shared.join(ended);
    } catch (error) {
      if (ended.aborted && error === ended.reason) {
        throw timeout.aborted ? configErrors.envFileSilent(path, timeoutMs / 1_000) : error;
      }
      if (error instanceof NotRegularFile) throw configErrors.notAFile(path, error.kind);
      if (error instanceof NotUtf8) throw configErrors.notUtf8(path, error.encoding);
      if (error instanceof FileTooLarge) throw configErrors.fileTooLarge(path, error.maxBytes);
      throw configErrors.envFileUnreadable(path, errorCode(error));
    }
  };
}

/** One read of a pipe, shared by all its waiters; canceled when the last one stops waiting. */
class SharedRead {
  readonly #controller = new AbortController();
  readonly #text: Promise<string>;
  readonly #onEnd: () => void;
  #waiting = 0;

  /** @param onEnd called as soon as no more callers can join */
  constructor(path: string, onEnd: () => void) {
    this.#onEnd = onEnd;
    this.#text = readPatiently(path, MAX_TEXT_BYTES, this.#controller.signal).then(decodeText);
  }

  async join(signal: AbortSignal): Promise<string> {
    this.#waiting += 1;
    try {
      return await orAborted(this.#text, signal);
    } finally {
      this.#waiting -= 1;
      // After success, failure or cancellation, later callers need a new read.
      if (this.#waiting === 0) {
        this.#controller.abort();
        this.#onEnd();
      }
    }
  }
}

/**
 * Follows the promise, but rejects with the signal's reason as soon as the signal aborts. The signal must not be aborted
 * yet.
 */
async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
