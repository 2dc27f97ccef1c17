import { type Agent, type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestByTls } from 'node:https';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { noteHandled } from '../os/debug/debug-log.js';
import type { Endpoint } from './endpoint.js';
import { createEngineAgent } from './engine-agent.js';
import { EngineError } from './engine-error.js';

/** A status of 400 or more is an error; the engine redirects nowhere. */
const FIRST_ERROR_STATUS = 400;

/** A request to the engine. */
export interface EngineRequest {
  query?: Record<string, unknown>;
  body?: unknown;
  /** A tar archive, in place of a body. */
  file?: Buffer;
  timeoutMs?: number;
  /** For the registry that the engine is to use. */
  login?: RegistryLogin | undefined;
}

/** Who pushes to a registry, or pulls from it. */
export interface RegistryLogin {
  username: string;
  password: string;
  serveraddress: string;
}

/** Sends HTTP requests to an engine, each over a connection of its own (docs/decisions/013-engine-api-by-node-http.md). */
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
   * @param hijack makes the connection the stream, as attaching to a container does
   * @param signal ends the request, and an answer that is being read; not a connection that became a stream
   * @returns the answer, or the connection, to be read to its end
   * @throws EngineError as the engine answers; any Error when it does not
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

/** Engines answer errors with JSON; what is in front of one may not. */
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

/** As the engine expects it: with the padding that Node.js' own `base64url` leaves out. */
function toUrlSafeBase64(value: string): string {
  return Buffer.from(value).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}
