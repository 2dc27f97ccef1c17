import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createSocketFolder, removeDeadSocketFolders } from '../../processes/socket-folder.js';

const PREFIX = 'jamdev-sdk-';
/** The file name by which the library finds the socket in a container, where it is in its own folder. */
const SOCKET_NAME = 'jamsocket-sdk.sock';
/** The longest path that is planned for. */
const LONGEST_PLACE = join('100000', SOCKET_NAME);

/** The location of one backend's control socket. */
export interface ControlPlace {
  /** A folder that contains only the socket. */
  folder: string;
  path: string;
  /** Permissions of the socket. */
  mode: number;
}

/** The private folder with the control sockets of a dev server, created on demand. */
export class ControlSocketFolder {
  #path: string | undefined;
  #count = 0;

  /**
   * Creates a place for a socket.
   * @param isMounted whether the folder is mounted into a container, in which any user may have to connect. The
   *   container sees only this folder, and other users of this machine can't enter its parent.
   * @throws the system's error
   */
  makePlace(isMounted: boolean): ControlPlace {
    this.#path ??= createSocketFolder(PREFIX, LONGEST_PLACE);
    this.#count += 1;
    const folder = join(this.#path, String(this.#count));
    mkdirSync(folder);
    // Set explicitly, because the umask affects mkdir.
    chmodSync(folder, isMounted ? 0o755 : 0o700);
    return { folder, path: join(folder, SOCKET_NAME), mode: isMounted ? 0o666 : 0o600 };
  }

  /** Removes the folder with all its content. */
  remove(): void {
    if (this.#path !== undefined) rmSync(this.#path, { recursive: true, force: true });
    this.#path = undefined;
  }
}

/** Removes the folders of dev servers that were killed. */
export async function removeDeadControlSocketFolders(): Promise<void> {
  await removeDeadSocketFolders(PREFIX);
}
