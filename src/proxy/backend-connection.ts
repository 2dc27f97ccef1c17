import { Socket } from 'node:net';

/** Where a backend is reached. */
export interface Destination {
  host: string;
  port: number;
  /** The path of a Unix socket that leads there. */
  socketPath?: string;
  /** Whether what is reached there is still the backend; left out: it can be nothing else. */
  isCurrent?: () => boolean;
}

type WriteCallback = (error?: Error | null) => void;

/**
 * A connection to a backend. If it can't be written to anymore, it is still read to its end: a backend that refuses an
 * upload answers, closes, and accepts no more data, and Node.js would discard the answer with the failed write.
 */
export class BackendSocket extends Socket {
  /** Why nothing can be written anymore; later writes are dropped. */
  writeFailure: NodeJS.ErrnoException | undefined;
  /** Whether writes are dropped because the request that is written was sent before. */
  isSent = false;
  /** The stream's own callback, always the same one, and what stands in front of it. */
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

/** Connects a socket that was just made. */
export function connectBackendSocket<Of extends BackendSocket>(
  socket: Of,
  { host, port, socketPath, isCurrent }: Destination,
): Of {
  // Before anything is written: Node.js writes in listeners of its own, which come later.
  if (isCurrent !== undefined) socket.once('connect', () => checkOwner(socket, isCurrent));
  // Node.js writes some heads without naming an encoding. Header values are bytes, held as Latin-1.
  socket.setDefaultEncoding('latin1');
  socket.setNoDelay(true);
  return socketPath === undefined ? socket.connect({ host, port }) : socket.connect({ path: socketPath });
}

/** Ends a connection to what is not the backend, as if nothing listened there. */
function checkOwner(socket: Socket, isCurrent: () => boolean): void {
  if (isCurrent()) return;
  socket.destroy(Object.assign(new Error('the backend has ended'), { code: 'ECONNREFUSED' }));
}
