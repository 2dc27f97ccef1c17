import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ignoreError, noteHandled } from '../os/debug/debug-log.js';
import { errorCode } from '../os/error-code.js';

/** The longest socket path in bytes that works on all systems. macOS sets the limit. */
const MAX_PATH_BYTES = 103;
/** The number of characters that mkdtemp adds. */
const RANDOM_CHARACTERS = 6;
/** A short path on every system. */
const SHORT_FOLDER = '/tmp';

/**
 * Creates a folder for sockets that only this user can access: in the temporary folder, or in /tmp if that path would be too
 * long.
 * @param prefix lets {@link removeDeadSocketFolders} find the folder
 * @param longest the longest path inside the folder
 * @returns its absolute path
 */
export function createSocketFolder(prefix: string, longest: string): string {
  const name = `${prefix}${process.pid}-`;
  const bytes = Buffer.byteLength(join(tmpdir(), name, longest)) + RANDOM_CHARACTERS;
  return mkdtempSync(join(bytes > MAX_PATH_BYTES ? SHORT_FOLDER : tmpdir(), name));
}

/** Removes the socket folders of programs that were killed. */
export async function removeDeadSocketFolders(prefix: string): Promise<void> {
  for (const folder of new Set([tmpdir(), SHORT_FOLDER])) await removeDeadIn(folder, prefix);
}

async function removeDeadIn(folder: string, prefix: string): Promise<void> {
  const pattern = new RegExp(`^${prefix}(\\d+)-`);
  for (const name of readdirSync(folder)) {
    const pid = pattern.exec(name)?.[1];
    const path = join(folder, name);
    if (pid === undefined || !isOwnFolder(path) || isProcess(Number(pid))) continue;
    // The pid may belong to a program in another container.
    if (await hasListener(path)) continue;
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
    noteHandled('processes', 'looking for the owner of a socket folder', error);
    return errorCode(error) !== 'ESRCH';
  }
}

/** Whether a program listens on one of the sockets in a folder. */
async function hasListener(folder: string): Promise<boolean> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const sockets = entries.filter((entry) => entry.isSocket());
  const answers = await Promise.all(sockets.map(({ parentPath, name }) => isListening(join(parentPath, name))));
  return answers.includes(true);
}

function isListening(path: string): Promise<boolean> {
  return new Promise<boolean>((resolve, reject) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', reject);
  }).catch(ignoreError('processes', 'connecting to a socket of another program', false));
}
