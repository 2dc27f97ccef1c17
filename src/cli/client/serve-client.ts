import type { z } from 'zod';
import { usageError } from '../../contract/errors/usage-error.js';
import { noteHandled } from '../../os/debug/debug-log.js';
import { clientErrors } from './client-errors.js';
import { HttpApi } from './http-api.js';
import { loginPath } from './login-path.js';
import { serveFailures } from './serve-failures.js';

/** Timeout for an answer. A connect waits up to 45 s for a key. */
const ANSWER_MS = 60_000;

/** Client of the endpoints that only `jamdev serve` has: over HTTP, with an API token. */
export class ServeClient {
  readonly #base: string;
  readonly #token: string | undefined;
  readonly #signal: AbortSignal;

  /** @throws JamdevError `Usage` if the URL is invalid */
  constructor(apiUrl: string, token: string | undefined, signal: AbortSignal) {
    if (!URL.canParse(apiUrl) || !/^https?:$/.test(new URL(apiUrl).protocol)) {
      throw usageError(`"${apiUrl}" is not the URL of an API.`, 'It looks like https://api.example.com');
    }
    this.#base = apiUrl.replace(/\/+$/, '');
    this.#token = token;
    this.#signal = signal;
  }

  /** @throws JamdevError with the API's error, or `ServeUnreachable` */
  async send<T>(method: 'GET' | 'POST', path: string, answer: z.ZodType<T>, body?: unknown): Promise<T> {
    const failures = serveFailures(this.#base, loginPath());
    const late = AbortSignal.timeout(ANSWER_MS);
    const http = new HttpApi(this.#base, AbortSignal.any([this.#signal, late]), failures, { token: this.#token });
    let received: unknown;
    try {
      received = await http.json<unknown>(method, path, body);
    } catch (error) {
      this.#signal.throwIfAborted();
      throw late.aborted ? failures.unreachable(`no answer within ${ANSWER_MS / 1000} s`) : error;
    }
    const { success, data, error } = answer.safeParse(received);
    if (success) return data;
    noteHandled('cli', 'reading an answer', error);
    throw clientErrors.serveUnreachable(this.#base, 'its answer is not that of the API');
  }
}
