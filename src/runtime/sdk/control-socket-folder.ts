import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createSocketFolder, removeDeadSocketFolders } from '../../processes/socket-folder.js';

const PREFIX = 'jamdev-sdk-';
/** The name by which the library looks for it in a container, in a folder of its own. */
const SOCKET_NAME = 'jamsocket-sdk.sock';
/** The longest number of a socket that is planned for. */
const LONGEST_PLACE = join('100000', SOCKET_NAME);

/** Where the control socket of one backend is. */
export interface ControlPlace {
  /** A folder with nothing but the socket. */
  folder: string;
  path: string;
  /** Permissions of the socket. */
  mode: number;
}

/** The folder with the control sockets of a dev server, into which only this user gets; made when it is first needed. */
export class ControlSocketFolder {
  #path: string | undefined;
  #count = 0;

  /**
   * Makes a place for a socket.
   * @param isMounted whether a container sees it, in which any user may have to connect: to the container, a mounted folder
   *   is all there is, and on this machine nobody else gets as far as to it
   * @throws the system's error
   */
  makePlace(isMounted: boolean): ControlPlace {
    this.#path ??= createSocketFolder(PREFIX, LONGEST_PLACE);
    this.#count += 1;
    const folder = join(this.#path, String(this.#count));
    mkdirSync(folder);
    // Not left to the umask.
    chmodSync(folder, isMounted ? 0o755 : 0o700);
    return { folder, path: join(folder, SOCKET_NAME), mode: isMounted ? 0o666 : 0o600 };
  }

  /** Removes it with all that is in it. */
  remove(): void {
    if (this.#path !== undefined) rmSync(this.#path, { recursive: true, force: true });
    this.#path = undefined;
  }
}

/** Removes the folders of dev servers that were killed. */
export async function removeDeadControlSocketFolders(): Promise<void> {
  await removeDeadSocketFolders(PREFIX);
}
