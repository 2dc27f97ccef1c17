import { realpathSync, statSync } from 'node:fs';
import { noteHandled } from '../os/debug/debug-log.js';

/** Identifies a folder, even after it was renamed. */
export interface FolderIdentity {
  /** Absolute path, with links resolved and spelled as in the file system. */
  path: string;
  /** The number of the file system; decimal, like the inode number. */
  device: string;
  inode: string;
  /** Creation time in nanoseconds; "0" if the file system does not record it. Needed because inode numbers are reused. */
  born: string;
}

/**
 * Identifies a folder.
 * @returns undefined if it does not exist
 */
export function identifyFolder(path: string): FolderIdentity | undefined {
  try {
    const real = realpathSync.native(path);
    const { dev, ino, birthtimeNs } = statSync(real, { bigint: true });
    return { path: real, device: String(dev), inode: String(ino), born: String(birthtimeNs) };
  } catch (error) {
    noteHandled('state', 'identifying the project folder', error);
    return undefined;
  }
}

/** Whether a recorded folder is the same folder as the one that exists now, even under another name. */
export function isSameFolder(noted: FolderIdentity, now: FolderIdentity): boolean {
  return noted.device === now.device && noted.inode === now.inode && noted.born === now.born && now.born !== '0';
}
