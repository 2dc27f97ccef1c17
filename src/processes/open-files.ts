import { lstatSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { noteHandled } from '../os/debug/debug-log.js';

/** The owner's permission to write, which /proc gives to the links of descriptors that are open for writing. */
const WRITABLE = 0o200;

/** A file that a process has open. */
export interface OpenFile {
  descriptor: number;
  /** Absolute, without links. */
  path: string;
  /** "device:inode". */
  file: string;
}

/**
 * Lists the files that a process has open for writing right now, such as a database or a log.
 * @param isWanted by absolute path; nothing is asked about other files, whose file system may not answer
 * @returns none where the system does not tell (it is not Linux, or another user's process)
 */
export function filesOpenForWriting(pid: number, isWanted: (path: string) => boolean = () => true): OpenFile[] {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).flatMap((name) => fileOf(folder, name, isWanted));
  } catch (error) {
    noteHandled('processes', 'listing the open files of a process', error);
    // The process has ended, or is another user's.
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
    // It was closed meanwhile.
    return [];
  }
}
