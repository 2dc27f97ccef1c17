import { Socket } from 'node:net';

/** The address at which a backend is reached. */
export interface Destination {
  host: string;
  port: number;
  /** The path of a Unix socket that leads to the backend. */
  socketPath?: string;
  /** Whether the process at this address is still the backend. If omitted, it can't be anything else. */
  isCurrent?: () => boolean;
}

type WriteCallback = (error?: Error | null) => void;

/**
 * A connection to a backend. After a failed write, the socket is still read to its end: a backend that refuses an
 * upload answers, closes, and accepts no more data, and Node.js would discard that answer along with the failed write.
 */
export class BackendSocket extends Socket {
  /** Why nothing can be written anymore. When set, later writes are dropped. */
  writeFailure: NodeJS.ErrnoException | undefined;
  /** Whether writes are dropped because the request has already been sent. */
  isSent = false;
  /** The stream's own callback, which is always the same function, and the wrapper that is called in its place. */
  #callback: WriteCallback | undefined;
  #inFront: WriteCallback = () => undefined;

  override _write(chunk: unknown, encoding: BufferEncoding, callback: WriteCallback): void {
    if (this.#dropsWrites) callback();
    else super._write(chunk, encoding, this.#before(callback));
  }

  override _writev(chunks: { chunk: unknown; encoding: BufferEncoding }[], callback: WriteCallback): void {
    if (this.#dropsWrites) callback();
    else super._writev?.(chunks, this.#before(callback));
  }

  get #dropsWrites(): boolean {
    return this.isSent || this.writeFailure !== undefined;
  }

  #before(callback: WriteCallback): WriteCallback {
    if (callback !== this.#callback) {
      this.#callback = callback;
      this.#inFront = (error) => this.#onWritten(error, callback);
    }
    return this.#inFront;
  }

  #onWritten(error: NodeJS.ErrnoException | null | undefined, callback: WriteCallback): void {
    if (error?.code !== 'EPIPE' && error?.code !== 'ECONNRESET') return callback(error);
    this.writeFailure = error;
    callback();
  }
}

/** Opens a connection to a backend. @param allowHalfOpen whether it stays open when the backend closes its side */
export function openBackendSocket(destination: Destination, allowHalfOpen: boolean): BackendSocket {
  return connectBackendSocket(new BackendSocket({ allowHalfOpen }), destination);
}

/** Connects a newly created socket. */
export function connectBackendSocket<Of extends BackendSocket>(
  socket: Of,
  { host, port, socketPath, isCurrent }: Destination,
): Of {
  // This listener is registered first, so the check runs before Node.js's own connect listeners write anything.
  if (isCurrent !== undefined) socket.once('connect', () => checkOwner(socket, isCurrent));
  // Node.js writes some heads without specifying an encoding. Header values are bytes, held as Latin-1.
  socket.setDefaultEncoding('latin1');
  socket.setNoDelay(true);
  return socketPath === undefined ? socket.connect({ host, port }) : socket.connect({ path: socketPath });
}

/**
 * Destroys the connection if its other end is no longer the backend, with the error of a port on which nothing listens.
 */
function checkOwner(socket: Socket, isCurrent: () => boolean): void {
  if (isCurrent()) return;
  socket.destroy(Object.assign(new Error('the backend has ended'), { code: 'ECONNREFUSED' }));
}
