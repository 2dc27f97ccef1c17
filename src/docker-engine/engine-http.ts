import { type Agent, type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestByTls } from 'node:https';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { noteHandled } from '../os/debug/debug-log.js';
import type { Endpoint } from './endpoint.js';
import { createEngineAgent } from './engine-agent.js';
import { EngineError } from './engine-error.js';

/** Every status from 400 on is an error. The engine never redirects. */
const FIRST_ERROR_STATUS = 400;

/** A request to the engine. */
export interface EngineRequest {
  query?: Record<string, unknown>;
  body?: unknown;
  /** A tar archive to send instead of a JSON body. */
  file?: Buffer;
  timeoutMs?: number;
  /** Credentials for the registry that the engine should use. */
  login?: RegistryLogin | undefined;
}

/** Credentials for pushes to and pulls from a registry. */
export interface RegistryLogin {
  username: string;
  password: string;
  serveraddress: string;
}

/** Sends HTTP requests to an engine, each over its own connection (docs/decisions/013-engine-api-by-node-http.md). */
export class EngineHttp {
  readonly #agent: Agent;
  readonly #request: typeof requestPlain;
  readonly #socketPath: string | undefined;

  constructor(endpoint: Endpoint) {
    this.#agent = createEngineAgent(endpoint);
    this.#request = endpoint.tls === undefined ? requestPlain : requestByTls;
    this.#socketPath = 'path' in endpoint.address ? endpoint.address.path : undefined;
  }

  /**
   * Sends a request.
   * @param hijack turns the connection into the stream, as for attaching to a container
   * @param signal ends the request, or an answer that is being read, but not a connection that became a stream
   * @returns the answer or the connection, which must be read to its end
   * @throws EngineError if the engine answers with an error; any Error if it does not answer
   */
  send(
    method: string,
    path: string,
    { query = {}, body, file, login }: EngineRequest,
    { signal, hijack = false }: { signal: AbortSignal; hijack?: boolean },
  ): Promise<IncomingMessage | Duplex> {
    const data = file ?? (body === undefined ? undefined : Buffer.from(JSON.stringify(body)));
    return new Promise((resolve, reject) => {
      const outgoing = this.#request({
        ...(this.#socketPath === undefined ? {} : { socketPath: this.#socketPath }),
        agent: this.#agent,
        method,
        path: path + toQuery(query),
        headers: {
          ...(data === undefined ? {} : { 'content-length': data.length }),
          ...(data === undefined
            ? {}
            : { 'content-type': file === undefined ? 'application/json' : 'application/tar' }),
          ...(login === undefined ? {} : { 'x-registry-auth': toUrlSafeBase64(JSON.stringify(login)) }),
          ...(hijack ? { connection: 'Upgrade', upgrade: 'tcp' } : {}),
        },
        signal,
      });
      outgoing.on('error', reject);
      outgoing.once('upgrade', (_answer, connection, head) => {
        if (head.length > 0) connection.unshift(head);
        resolve(connection);
      });
      outgoing.once('response', (answer) => {
        if ((answer.statusCode ?? 0) < FIRST_ERROR_STATUS) resolve(answer);
        else readError(answer).then(reject, reject);
      });
      outgoing.end(data);
    });
  }
}

async function readError(answer: IncomingMessage): Promise<EngineError> {
  const message = messageOf(await text(answer));
  return new EngineError(answer.statusCode ?? 0, message.trim().replace(/\.$/, ''));
}

/** Extracts the message from an error answer. Engines answer with JSON, but a proxy in front of one may not. */
function messageOf(body: string): string {
  try {
    const { message } = JSON.parse(body) as { message?: unknown };
    return typeof message === 'string' ? message : body;
  } catch (error) {
    noteHandled('docker', 'reading an error of the engine', error);
    return body;
  }
}

function toQuery(query: Record<string, unknown>): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined);
  if (pairs.length === 0) return '';
  return `?${pairs.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join('&')}`;
}

/** Encodes a header value as the engine expects it, with the padding that Node.js's own `base64url` omits. */
function toUrlSafeBase64(value: string): string {
  return Buffer.from(value).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}
