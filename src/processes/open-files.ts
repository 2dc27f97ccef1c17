import { lstatSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { noteHandled } from '../os/debug/debug-log.js';

/** The owner's write permission. /proc sets it on the links of descriptors that are open for writing. */
const WRITABLE = 0o200;

/** A file that a process has open. */
export interface OpenFile {
  descriptor: number;
  /** Absolute, with links resolved. */
  path: string;
  /** "device:inode". */
  file: string;
}

/**
 * Lists the files that a process currently has open for writing, such as a database or a log.
 * @param isWanted filters by absolute path; other files are not accessed, since their file system may not respond
 * @returns an empty list if the system does not tell (not Linux, or another user's process)
 */
export function filesOpenForWriting(pid: number, isWanted: (path: string) => boolean = () => true): OpenFile[] {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).flatMap((name) => fileOf(folder, name, isWanted));
  } catch (error) {
    noteHandled('processes', 'listing the open files of a process', error);
    // The process has exited, or belongs to another user.
    return [];
  }
}

function fileOf(folder: string, name: string, isWanted: (path: string) => boolean): OpenFile[] {
  const link = join(folder, name);
  try {
    const isWritable = (lstatSync(link).mode & WRITABLE) !== 0;
    const path = isWritable ? readlinkSync(link) : '';
    if (!path.startsWith('/') || !isWanted(path)) return [];
    const { dev, ino } = statSync(link, { bigint: true });
    return [{ descriptor: Number(name), path, file: `${dev}:${ino}` }];
  } catch (error) {
    noteHandled('processes', 'reading an open file of a process', error);
    // The file was closed meanwhile.
    return [];
  }
}
