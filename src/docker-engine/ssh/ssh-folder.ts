import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createSocketFolder, removeDeadSocketFolders } from '../../processes/socket-folder.js';

const PREFIX = 'jamdev-ssh-';

/** The sockets of one SSH connection, in a folder that only this user can enter. */
export interface SshFolder {
  path: string;
  /** The socket through which commands control the connection. */
  control: string;
  /** Returns the path of a socket for a forwarding. */
  socket(name: string): string;
  remove(): void;
}

/** The number of characters that ssh appends to a path while it creates a socket. */
const ADDED_CHARACTERS = 17;
/** The longest possible name of a forwarding's socket. */
const LONGEST_NAME = 'x'.repeat(8);

/** Creates a folder for the sockets of a connection. */
export function createSshFolder(): SshFolder {
  const path = createSocketFolder(PREFIX, LONGEST_NAME + '.'.repeat(ADDED_CHARACTERS));
  return {
    path,
    control: join(path, 'c'),
    socket: (name) => join(path, name),
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** Removes the folders of processes that were killed. The connections end with the process that opened them. */
export async function removeDeadSshFolders(): Promise<void> {
  await removeDeadSocketFolders(PREFIX);
}
