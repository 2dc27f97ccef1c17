import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createSocketFolder, removeDeadSocketFolders } from '../../processes/socket-folder.js';

const PREFIX = 'jamdev-ssh-';

/** The sockets of one SSH connection. Only this user gets into their folder. */
export interface SshFolder {
  path: string;
  /** By which commands reach the connection. */
  control: string;
  /** Returns the path of a socket for a forwarding. */
  socket(name: string): string;
  remove(): void;
}

/** ssh adds this many to a path while it creates a socket. */
const ADDED_CHARACTERS = 17;
/** The name of a socket for a forwarding, at most. */
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

/** Removes the folders of programs that were killed. The connections themselves end with the program that began them. */
export async function removeDeadSshFolders(): Promise<void> {
  await removeDeadSocketFolders(PREFIX);
}
