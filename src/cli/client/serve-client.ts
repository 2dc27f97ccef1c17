import type { z } from 'zod';
import { usageError } from '../../contract/errors/usage-error.js';
import { noteHandled } from '../../os/debug/debug-log.js';
import { errorCode } from '../../os/error-code.js';
import { parseErrorAnswer } from './api-client.js';
import { clientErrors } from './client-errors.js';

/** How long an answer may take: a connect waits up to 45 s for a key. */
const ANSWER_MS = 60_000;

/** How a command reaches a `jamdev serve`: over HTTP, with an API token. */
export class ServeClient {
  readonly #base: string;
  readonly #token: string;
  readonly #signal: AbortSignal;

  /** @throws JamdevError `Usage` when the URL is none */
  constructor(apiUrl: string, token: string, signal: AbortSignal) {
    if (!URL.canParse(apiUrl) || !/^https?:$/.test(new URL(apiUrl).protocol)) {
      throw usageError(`"${apiUrl}" is not the URL of an API.`, 'It looks like https://api.example.com');
    }
    this.#base = apiUrl.replace(/\/+$/, '');
    this.#token = token;
    this.#signal = signal;
  }

  /** @throws JamdevError as the API answered, or `ServeUnreachable` */
  async send<T>(method: 'GET' | 'POST', path: string, answer: z.ZodType<T>, body?: unknown): Promise<T> {
    const { status, text } = await this.#fetch(method, path, body);
    if (status >= 400) throw parseErrorAnswer(text) ?? this.#strange(`it answers with status ${status}`);
    try {
      return answer.parse(JSON.parse(text));
    } catch (error) {
      noteHandled('cli', 'reading an answer', error);
      throw this.#strange('its answer is not that of the API');
    }
  }

  async #fetch(method: string, path: string, body: unknown): Promise<{ status: number; text: string }> {
    try {
      const response = await fetch(`${this.#base}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${this.#token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        // A token goes nowhere else than it was meant for.
        redirect: 'error',
        signal: AbortSignal.any([this.#signal, AbortSignal.timeout(ANSWER_MS)]),
      });
      return { status: response.status, text: await response.text() };
    } catch (error) {
      this.#signal.throwIfAborted();
      throw clientErrors.serveUnreachable(this.#base, errorCode((error as Error).cause ?? error));
    }
  }

  #strange(detail: string) {
    return clientErrors.serveUnreachable(this.#base, detail);
  }
}
