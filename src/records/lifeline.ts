import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { errorCode } from '../os/error-code.js';

/** macOS's limit for the path of a socket; Linux allows four bytes more. */
const MAX_SOCKET_PATH_BYTES = 103;
/** The process has ended: the socket file exists, but nothing listens on it. */
const DEAD = ['ECONNREFUSED'];
/** There is no socket, or it can't tell. */
const UNTOLD = ['ENOENT', 'ENOTDIR', 'ENOTSOCK', 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'EPROTOTYPE'];

/**
 * A listening Unix socket that shows that its process is alive. The kernel accepts connections for a process that is stopped
 * (Ctrl-Z) or busy, closes the socket however the process ends, and never confuses two processes with the same pid. It also
 * works between a container and its host if they share the folder.
 */
export class Lifeline {
  readonly #server: Server;

  private constructor(
    server: Server,
    /** File name, relative to the folder. */
    readonly name: string,
  ) {
    this.#server = server;
  }

  /** @returns undefined if the file system does not support sockets, or the path is too long */
  static async open(folder: string): Promise<Lifeline | undefined> {
    const name = `${randomBytes(6).toString('hex')}.s`;
    const path = join(folder, name);
    if (Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES) return undefined;
    const server = createServer((socket) => socket.on('error', () => undefined).destroy());
    return new Promise((resolve) => {
      server.once('error', () => resolve(undefined));
      server.listen(path, () => resolve(new Lifeline(server, name)));
      server.unref();
    });
  }

  /** Closes the socket and removes its file. */
  close(): void {
    this.#server.close();
  }
}

/** Whether the process that holds a lifeline is alive; undefined if the lifeline can't tell. */
export async function isLifelineHeld(folder: string, name: string): Promise<boolean | undefined> {
  const path = join(folder, name);
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => {
      const code = errorCode(error);
      if (DEAD.includes(code)) resolve(false);
      else if (UNTOLD.includes(code)) resolve(undefined);
      // The socket belongs to another user, or its queue is full because the process is stopped.
      else resolve(true);
    });
  });
}

/** Removes the socket of a process that has ended. */
export function removeLifeline(folder: string, name: string): void {
  rmSync(join(folder, name), { force: true });
}
