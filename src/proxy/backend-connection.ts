import { Agent, type ClientRequest } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

const MAX_IDLE_SOCKETS = 64;

/** Where a backend is reached. */
export interface Destination {
  host: string;
  port: number;
  /** The path of a Unix socket that leads there. */
  socketPath?: string;
}

interface AgentOptions {
  host?: string | null;
  port?: number | string | null;
  socketPath?: string | undefined;
}

type WriteCallback = (error?: Error | null) => void;

/**
 * A connection to a backend. If it can't be written to anymore, it is still read to its end: a backend that refuses an
 * upload answers, closes, and accepts no more data, and Node.js would discard the answer with the failed write.
 */
export class BackendSocket extends Socket {
  /** Why nothing can be written anymore; later writes are dropped. */
  writeFailure: NodeJS.ErrnoException | undefined;

  override _write(chunk: unknown, encoding: BufferEncoding, callback: WriteCallback): void {
    if (this.writeFailure !== undefined) callback();
    else super._write(chunk, encoding, (error) => this.#onWritten(error, callback));
  }

  override _writev(chunks: { chunk: unknown; encoding: BufferEncoding }[], callback: WriteCallback): void {
    if (this.writeFailure !== undefined) callback();
    else super._writev?.(chunks, (error) => this.#onWritten(error, callback));
  }

  #onWritten(error: NodeJS.ErrnoException | null | undefined, callback: WriteCallback): void {
    if (error?.code !== 'EPIPE' && error?.code !== 'ECONNRESET') return callback(error);
    this.writeFailure = error;
    callback();
  }
}

/** Opens a connection to a backend. @param allowHalfOpen whether it stays open when the backend closes its side */
export function openBackendSocket({ host, port, socketPath }: Destination, allowHalfOpen: boolean): BackendSocket {
  const socket = new BackendSocket({ allowHalfOpen });
  // Node.js writes some heads without naming an encoding. Header values are bytes, held as Latin-1.
  socket.setDefaultEncoding('latin1');
  socket.setNoDelay(true);
  return socketPath === undefined ? socket.connect({ host, port }) : socket.connect({ path: socketPath });
}

/** Keeps connections to backends for the next request: those alone on which all that was sent and answered was whole. */
export class BackendAgent extends Agent {
  constructor() {
    super({ keepAlive: true, maxFreeSockets: MAX_IDLE_SOCKETS });
  }

  override createConnection(options: AgentOptions): BackendSocket {
    const { host, port, socketPath } = options;
    const way = socketPath === undefined ? {} : { socketPath };
    return openBackendSocket({ host: host ?? '', port: Number(port), ...way }, false);
  }

  /** Called by Node.js when a request and its answer are both complete. @returns whether to keep the connection */
  override keepSocketAlive(socket: Duplex): boolean {
    if (!(socket instanceof BackendSocket) || socket.writeFailure !== undefined || socket.readableLength > 0)
      return false;
    if ((super.keepSocketAlive(socket) as unknown) === false) return false;
    socket.on('data', destroyForUnaskedBytes);
    return true;
  }

  override reuseSocket(socket: Duplex, request: ClientRequest): void {
    socket.off('data', destroyForUnaskedBytes);
    super.reuseSocket(socket, request);
  }

  /** Closes the idle connections to a destination; requests in progress continue. */
  closeIdle({ host, port }: Destination): void {
    for (const [name, sockets] of Object.entries(this.freeSockets)) {
      if (!name.startsWith(`${host}:${port}:`)) continue;
      for (const socket of sockets ?? []) socket.destroy();
    }
  }
}

/** What a backend sends when nothing was asked must not become the answer to the next request. */
function destroyForUnaskedBytes(this: Duplex): void {
  this.destroy();
}
