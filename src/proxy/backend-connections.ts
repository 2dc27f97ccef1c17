import { Agent, type ClientRequest } from 'node:http';
import type { Destination } from './backend-connection.js';
import { NODE_CLIENT, PooledSocket } from './pooled-socket.js';

/** Limit for each backend. */
const MAX_IDLE_SOCKETS = 64;

/** The options that Node.js's HTTP client passes to its agent. */
interface AgentOptions extends Destination {
  /** The connection to use; the request has already been sent on it. */
  connection?: PooledSocket;
}

/** The interface of the request that Node.js's HTTP client passes to an agent. */
type AgentRequest = ClientRequest & { onSocket(socket: PooledSocket): void };

/**
 * Keeps connections to backends for later requests. Only connections on which both request and answer are complete are
 * kept. Also serves as the agent of Node.js's HTTP client, so that both ways of sending share the connections.
 */
export class BackendConnections extends Agent {
  /** Idle connections by {@link nameOf}; the most recently used one is taken first. */
  readonly #idle = new Map<string, PooledSocket[]>();

  constructor() {
    super({ keepAlive: true });
  }

  /** Takes an idle connection, or opens one. */
  take(destination: Destination): PooledSocket {
    const idle = this.#idle.get(nameOf(destination));
    for (let socket = idle?.pop(); socket !== undefined; socket = idle?.pop()) {
      if (!isUsable(socket)) continue;
      socket.isReused = true;
      return socket;
    }
    const socket = new PooledSocket(destination);
    socket.once('close', () => this.#forget(socket));
    return socket;
  }

  /** Keeps a connection for the next request, or closes it. Call this only when the exchange on it is complete. */
  giveBack(socket: PooledSocket): void {
    socket.reader = undefined;
    const name = nameOf(socket.destination);
    const idle = this.#idle.get(name) ?? [];
    if (!isUsable(socket) || socket.closesSoon || idle.length >= MAX_IDLE_SOCKETS) {
      socket.destroy();
      return;
    }
    if (idle.length === 0) this.#idle.set(name, idle);
    idle.push(socket);
  }

  /** Closes the idle connections to a destination; requests in progress continue. */
  closeIdle(destination: Destination): void {
    const name = nameOf(destination);
    const idle = this.#idle.get(name) ?? [];
    this.#idle.delete(name);
    for (const socket of idle) socket.destroy();
  }

  #forget(socket: PooledSocket): void {
    const name = nameOf(socket.destination);
    const idle = this.#idle.get(name);
    const index = idle?.indexOf(socket) ?? -1;
    if (index >= 0) idle?.splice(index, 1);
    if (idle?.length === 0) this.#idle.delete(name);
  }

  /** Provides a connection for a request. Called by Node.js's HTTP client. */
  addRequest(request: AgentRequest, options: AgentOptions): void {
    const { connection } = options;
    const socket = connection ?? this.take(options);
    socket.reader = NODE_CLIENT;
    request.reusedSocket = connection === undefined && socket.isReused;
    request.once('response', ({ headers }) => {
      socket.closesSoon = announcesEnd(String(headers['keep-alive']));
    });
    // Emitted by Node.js's client when a request and its answer are both complete.
    socket.once('free', () => {
      (socket as { _httpMessage?: unknown })._httpMessage = null;
      socket.isSent = false;
      this.giveBack(socket);
    });
    if (connection !== undefined) request.once('socket', () => connection.resume());
    request.onSocket(socket);
  }
}

/**
 * Whether a backend's `Keep-Alive` header says that it closes idle connections within a second, which is too soon to
 * reuse them.
 */
export function announcesEnd(keepAlive: string): boolean {
  const seconds = /^timeout=(\d+)/.exec(keepAlive)?.[1];
  return seconds !== undefined && Number(seconds) <= 1;
}

function isUsable(socket: PooledSocket): boolean {
  if (socket.destroyed || !socket.writable || socket.writeFailure !== undefined) return false;
  return socket.readableLength === 0 && socket.writableLength === 0 && !socket.isPaused();
}

function nameOf({ host, port, socketPath }: Destination): string {
  return `${host}:${port}:${socketPath ?? ''}`;
}
