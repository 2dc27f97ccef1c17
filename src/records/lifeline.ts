import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { errorCode } from '../os/error-code.js';

/** The limit of macOS; that of Linux is four bytes larger. */
const MAX_SOCKET_PATH_BYTES = 103;
/** No process listens there: it has ended. */
const DEAD = ['ECONNREFUSED'];
/** There is no socket, or it can't answer the question. */
const UNTOLD = ['ENOENT', 'ENOTDIR', 'ENOTSOCK', 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'EPROTOTYPE'];

/**
 * A listening Unix socket that shows that its process lives: the kernel answers for it while it is stopped (Ctrl-Z) or
 * busy, closes it however the process ends, and does not confuse two processes with one pid. It also works
 * between a container and its host that share the folder.
 */
export class Lifeline {
  readonly #server: Server;

  private constructor(
    server: Server,
    /** Relative to the folder. */
    readonly name: string,
  ) {
    this.#server = server;
  }

  /** @returns undefined if the file system does not support sockets, or the path is too long for one */
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

  /** Also removes the socket from the disk. */
  close(): void {
    this.#server.close();
  }
}

/** Whether the process with a lifeline lives; undefined when the lifeline can't tell. */
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
      // Another user's, or its queue is full since it is stopped.
      else resolve(true);
    });
  });
}

/** Removes the socket of a process that has ended. */
export function removeLifeline(folder: string, name: string): void {
  rmSync(join(folder, name), { force: true });
}
