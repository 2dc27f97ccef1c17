import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { ErrorBody } from '../../contract/errors/error-body.js';
import { JamdevError } from '../../contract/errors/jamdev-error.js';
import { noteHandled } from '../../os/debug/debug-log.js';
import { errorCode } from '../../os/error-code.js';

/** Limit of an error answer, in bytes. It contains the last lines of a build or a backend at most. */
const MAX_ERROR_BYTES = 16 * 1024 * 1024;

/** Error codes when nothing listens at an address, or when the system has no IPv6. */
const NOBODY_THERE = ['ECONNREFUSED', 'EADDRNOTAVAIL', 'EAFNOSUPPORT'];

/** Makes the errors for unusable answers. */
export interface ApiFailures {
  /** No answer, or an incomplete one. @param detail a system error code, or a description */
  unreachable(detail: string): JamdevError;
  /** An answer that is not from the API. */
  notTheApi(detail: string): JamdevError;
  /** The request needed a token but had none. Default: the API's own error. */
  unauthorized?: () => JamdevError;
}

/** An API that is reached over HTTP or HTTPS. */
export class HttpApi {
  readonly #base: string;
  readonly #signal: AbortSignal;
  readonly #failures: ApiFailures;
  readonly #token: string | undefined;
  readonly #address: string | undefined;

  /**
   * @param apiUrl an http or https URL
   * @param signal aborts all requests in progress
   * @param token an API token
   * @param address an IP address that is tried first, so that the host name need not be looked up
   */
  constructor(
    apiUrl: string,
    signal: AbortSignal,
    failures: ApiFailures,
    { token, address }: { token?: string | undefined; address?: string | undefined } = {},
  ) {
    this.#base = apiUrl.replace(/\/+$/, '');
    this.#signal = signal;
    this.#failures = failures;
    this.#token = token;
    this.#address = address;
  }

  /**
   * Sends a request, and reads the answer as JSON.
   * @param maxBytes a longer answer is not from the API
   * @throws JamdevError with the API's error, or made by `failures`
   */
  async json<T>(method: string, path: string, body?: unknown, maxBytes?: number): Promise<T> {
    const response = await this.#send(method, path, body);
    const text = await this.#text(response, maxBytes);
    try {
      return JSON.parse(text) as T;
    } catch (error) {
      noteHandled('cli', 'reading an answer as JSON', error);
      throw this.#failures.notTheApi('its answer is not JSON');
    }
  }

  /**
   * Sends a request, and yields the answer line by line as it arrives. Ends without an error when the signal aborts.
   */
  async *lines(path: string): AsyncGenerator<string> {
    const response = await this.#send('GET', path);
    response.setEncoding('utf8');
    let rest = '';
    try {
      for await (const chunk of response) {
        const lines = (rest + String(chunk)).split('\n');
        rest = lines.pop() ?? '';
        yield* lines;
      }
    } catch (error) {
      if (!this.#signal.aborted) throw this.#failures.unreachable(errorCode(error));
    }
    if (rest !== '') yield rest;
  }

  async #text(response: IncomingMessage, maxBytes = Number.POSITIVE_INFINITY): Promise<string> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    try {
      for await (const chunk of response as AsyncIterable<Buffer>) {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > maxBytes) throw this.#failures.notTheApi('its answer is too long');
      }
    } catch (error) {
      if (error instanceof JamdevError || this.#signal.aborted) throw error;
      throw this.#failures.unreachable(`its answer was cut off: ${errorCode(error)}`);
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  async #send(method: string, path: string, body?: unknown): Promise<IncomingMessage> {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    try {
      if (this.#address !== undefined) return await this.#ask(method, path, payload, this.#address);
    } catch (error) {
      // The server may be listening on another address of the host name.
      if (!NOBODY_THERE.includes(errorCode(error))) throw this.#explain(error);
    }
    try {
      return await this.#ask(method, path, payload);
    } catch (error) {
      throw this.#explain(error);
    }
  }

  #ask(method: string, path: string, payload: string | undefined, address?: string): Promise<IncomingMessage> {
    const url = `${this.#base}${path}`;
    const options: RequestOptions & { servername?: string } = {
      method,
      agent: false,
      signal: this.#signal,
      // Otherwise Node.js checks whether the name is an address, which takes longer than the request itself.
      ...(address !== undefined && { hostname: address, servername: '' }),
      headers: {
        ...(address !== undefined && { host: new URL(url).host }),
        accept: 'application/json',
        ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
        ...(payload === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
      },
    };
    return new Promise((resolve, reject) => {
      const request = url.startsWith('https:') ? httpsRequest(url, options) : httpRequest(url, options);
      request.once('response', (response) => {
        const { statusCode = 500 } = response;
        if (statusCode < 300) return resolve(response);
        this.#text(response, MAX_ERROR_BYTES).then((text) => reject(this.#refusal(text, response)), reject);
      });
      request.once('error', reject);
      request.end(payload);
    });
  }

  /** Makes the error for a refusal. Redirects are not followed, so that a token never reaches another server. */
  #refusal(text: string, { statusCode = 500, headers: { location } }: IncomingMessage): JamdevError {
    if (statusCode < 400) return this.#failures.notTheApi(`it redirects to ${location ?? 'another URL'}`);
    const error = parseErrorAnswer(text);
    if (error === undefined) return this.#failures.notTheApi(`it answers with status ${statusCode}`);
    const needsToken = error.code === 'Unauthorized' && this.#token === undefined;
    return (needsToken ? this.#failures.unauthorized?.() : undefined) ?? error;
  }

  /** Explains a missing answer, unless the cause is already known or the request was aborted. */
  #explain(error: unknown): unknown {
    if (error instanceof JamdevError || this.#signal.aborted) return error;
    const code = errorCode(error);
    return code.startsWith('HPE_')
      ? this.#failures.notTheApi('it does not speak HTTP')
      : this.#failures.unreachable(code);
  }
}

/** Parses an error answer of the API; undefined if it is not one. */
function parseErrorAnswer(text: string): JamdevError | undefined {
  try {
    const { code, message } = (JSON.parse(text) as ErrorBody).error;
    if (typeof code === 'string' && typeof message === 'string')
      return new JamdevError(code as JamdevError['code'], message);
  } catch (error) {
    noteHandled('cli', 'reading an error answer', error);
    // The error has the format of another server.
  }
  return undefined;
}
