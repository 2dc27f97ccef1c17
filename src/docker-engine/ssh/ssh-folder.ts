import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ignoreError, noteHandled } from '../../os/debug/debug-log.js';
import { errorCode } from '../../os/error-code.js';

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

/**
 * Creates a folder for the sockets of a connection. In the temporary folder, since paths of sockets are short: 103 bytes on
 * macOS, of which ssh takes 17 while it creates one.
 */
export function createSshFolder(): SshFolder {
  const path = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
  return {
    path,
    control: join(path, 'c'),
    socket: (name) => join(path, name),
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** Removes the folders of programs that were killed. The connections themselves end with the program that began them. */
export async function removeDeadSshFolders(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    const path = join(tmpdir(), name);
    if (pid === undefined || !isOwnFolder(path) || isProcess(Number(pid))) continue;
    // The number may be that of a program in another container.
    if (await isListening(join(path, 'c'))) continue;
    rmSync(path, { recursive: true, force: true });
  }
}

function isOwnFolder(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats?.isDirectory() === true && stats.uid === process.getuid?.();
}

function isProcess(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    noteHandled('docker', 'looking for the owner of an SSH folder', error);
    return errorCode(error) !== 'ESRCH';
  }
}

function isListening(path: string): Promise<boolean> {
  return new Promise<boolean>((resolve, reject) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', reject);
  }).catch(ignoreError('docker', 'connecting to an SSH control socket', false));
}
