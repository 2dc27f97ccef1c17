import { BackendSocket, connectBackendSocket, type Destination } from './backend-connection.js';

/** How long a connection is idle before the system sends TCP keep-alive probes to check the other end. */
const KEEP_ALIVE_MS = 1_000;

/** Reads a connection to a backend for one request. */
export interface ConnectionReader {
  onData(chunk: Buffer): void;
  /** Reports that the connection can't be used anymore. Called once. @param error undefined if the backend closed it */
  onLost(error: NodeJS.ErrnoException | undefined): void;
}

/** Marks a connection that is read by the listeners of Node.js's own HTTP client. */
export const NODE_CLIENT: ConnectionReader = { onData: () => undefined, onLost: () => undefined };

/** A connection that serves one request after another. */
export class PooledSocket extends BackendSocket {
  readonly destination: Destination;
  /** Undefined while the connection is idle. */
  reader: ConnectionReader | undefined;
  /** Whether the connection has served an earlier request. */
  isReused = false;
  /** Whether the backend announced that it closes the connection at once or within a second. */
  closesSoon = false;

  /** Opens the connection. */
  constructor({ host, port, socketPath, isCurrent }: Destination) {
    super({ allowHalfOpen: false });
    const destination = {
      host,
      port,
      ...(socketPath === undefined ? {} : { socketPath }),
      ...(isCurrent === undefined ? {} : { isCurrent }),
    };
    this.destination = destination;
    this.on('data', this.#onData);
    this.on('end', this.#onLost);
    this.on('error', this.#onLost);
    this.on('close', this.#onClose);
    connectBackendSocket(this, destination);
    this.setKeepAlive(true, KEEP_ALIVE_MS);
    // The client's connection keeps the process running; this one must not.
    this.unref();
  }

  /** Data that a backend sends without a request must not become the answer to the next request. */
  readonly #onData = (chunk: Buffer) => {
    if (this.reader === undefined) this.destroy();
    else this.reader.onData(chunk);
  };

  readonly #onLost = (error?: NodeJS.ErrnoException) => {
    const { reader } = this;
    if (reader === NODE_CLIENT) return;
    this.reader = undefined;
    this.destroy();
    reader?.onLost(error);
  };

  readonly #onClose = () => this.#onLost();
}
