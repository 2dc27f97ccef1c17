import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

/** A connection that nobody has used for longer is not used again: the other side may be about to close it. */
const IDLE_MS = 4_000;

/** An answer, whole. */
export interface HttpAnswer {
  status: number;
  text: string;
}

interface HttpQuestion {
  method: string;
  /** JSON text. */
  body: string | undefined;
  signal: AbortSignal;
}

/**
 * Asks one server for small answers, over connections that are kept. Of node:http rather than fetch(), which was measured to
 * take several times as much CPU time, and a connect is little else.
 */
export class KeptConnections {
  readonly #base: string;
  readonly #agent: HttpAgent;
  readonly #request: typeof httpRequest;

  /** @param base a URL without a path, http or https */
  constructor(base: string) {
    this.#base = base;
    const isSecure = base.startsWith('https:');
    const options = { keepAlive: true, timeout: IDLE_MS };
    this.#agent = isSecure ? new HttpsAgent(options) : new HttpAgent(options);
    this.#request = isSecure ? httpsRequest : httpRequest;
  }

  /** @throws the error of the connection; an `AbortError` when the signal aborts first */
  ask(path: string, { method, body, signal }: HttpQuestion): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const headers =
        body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      const request = this.#request(this.#base + path, { method, headers, signal, agent: this.#agent });
      request.once('error', reject);
      request.once('response', (response) => readAnswer(response).then(resolve, reject));
      request.end(body);
    });
  }
}

async function readAnswer(response: IncomingMessage): Promise<HttpAnswer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') };
}
