import { realpathSync, statSync } from 'node:fs';

/** What tells one folder from all others, also after it was renamed. */
export interface FolderIdentity {
  /** Absolute path, links resolved, in the spelling that the file system has. */
  path: string;
  /** Of the file system and in it; decimal. */
  device: string;
  inode: string;
  /** When it was made, in nanoseconds; "0" where the file system does not tell. Numbers of inodes come round again. */
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
  } catch {
    return undefined;
  }
}

/** Whether a folder that was noted is the very one that is there now, whatever either is called. */
export function isSameFolder(noted: FolderIdentity, now: FolderIdentity): boolean {
  return noted.device === now.device && noted.inode === now.inode && noted.born === now.born && now.born !== '0';
}
