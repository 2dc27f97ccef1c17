import { Agent, type ClientRequest } from 'node:http';
import type { Destination } from './backend-connection.js';
import { NODE_CLIENT, PooledSocket } from './pooled-socket.js';

/** For each backend. */
const MAX_IDLE_SOCKETS = 64;

/** What Node.js's client passes to its agent. */
interface AgentOptions extends Destination {
  /** The connection to use; its request was sent already. */
  connection?: PooledSocket;
}

/** What Node.js's client expects of the request that it gives to an agent. */
type AgentRequest = ClientRequest & { onSocket(socket: PooledSocket): void };

/**
 * Keeps connections to backends for the next request: only those on which request and answer were both complete. It
 * is the agent of Node.js's client as well, so that both ways of sending share the connections.
 */
export class BackendConnections extends Agent {
  /** By {@link nameOf}; the one that was used last is taken first. */
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

  /** Keeps a connection for the next request, or closes it. To be called when the exchange on it was whole. */
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

  /** Called by Node.js's client: gives it a connection. */
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

/** Whether a backend's `Keep-Alive` says that it closes an idle connection within a second: too soon to use it again. */
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
