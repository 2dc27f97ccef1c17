import { realpathSync, statSync } from 'node:fs';
import { noteHandled } from '../os/debug/debug-log.js';

/** What identifies a folder, also after it was renamed. */
export interface FolderIdentity {
  /** Absolute path, links resolved, in the spelling that the file system has. */
  path: string;
  /** Of the file system and in it; decimal. */
  device: string;
  inode: string;
  /** When it was created, in nanoseconds; "0" if the file system does not say. Inode numbers are reused. */
  born: string;
}

/**
 * Identifies a folder.
 * @returns undefined when there is none
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
