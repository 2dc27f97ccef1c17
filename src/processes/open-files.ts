import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** The owner's permission to write, which /proc gives to the links of descriptors that are open for writing. */
const WRITABLE = 0o200;

/**
 * Lists the files that a process has open for writing right now, such as a database or a log.
 * @returns absolute paths without links; none where the system does not tell (it is not Linux, or another user's process)
 */
export function filesOpenForWriting(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).flatMap((name) => targetOf(join(folder, name)));
  } catch {
    // The process has ended, or is another user's.
    return [];
  }
}

function targetOf(descriptor: string): string[] {
  try {
    const isWritable = (lstatSync(descriptor).mode & WRITABLE) !== 0;
    return isWritable ? [readlinkSync(descriptor)].filter((path) => path.startsWith('/')) : [];
  } catch {
    // It was closed meanwhile.
    return [];
  }
}
