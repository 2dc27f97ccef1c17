import { BackendSocket, connectBackendSocket, type Destination } from './backend-connection.js';

/** How often the system asks an idle connection whether the other end is still there. */
const KEEP_ALIVE_MS = 1_000;

/** Reads a connection to a backend for one request. */
export interface ConnectionReader {
  onData(chunk: Buffer): void;
  /** The connection is of no more use. Called once. @param error undefined when the backend has closed it */
  onLost(error: NodeJS.ErrnoException | undefined): void;
}

/** Node.js's own client reads the connection, by listeners of its own. */
export const NODE_CLIENT: ConnectionReader = { onData: () => undefined, onLost: () => undefined };

/** A connection that serves one request after another. */
export class PooledSocket extends BackendSocket {
  readonly destination: Destination;
  /** Undefined while it is idle. */
  reader: ConnectionReader | undefined;
  /** Whether it served a request before. */
  isReused = false;
  /** Whether the backend said that it closes it at once or within a second. */
  closesSoon = false;

  /** Connects it. */
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
    // The client's connection keeps the program running, not this one.
    this.unref();
  }

  /** What a backend sends when nothing was asked must not become the answer to the next request. */
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
