import { randomBytes } from 'node:crypto';
import { lstatSync, renameSync, type Stats } from 'node:fs';
import { cp, lstat, readdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../os/error-code.js';

/** The largest folder that is copied in order to move it to another file system. */
export const MAX_COPIED_BYTES = 256 * 1024 * 1024;

/** Suffix of a folder's name after the folder was copied and before it is deleted. */
export const MOVED_SUFFIX = '.moved';

/** Why a folder was not moved, as part of a sentence; undefined if it was moved, by this or another process. */
export type MoveRefusal = string | undefined;

/**
 * Moves a folder atomically: by renaming it, or, to another file system, by copying up to 256 MiB.
 * @param to its parent folder must exist
 * @param scratch a folder on the same file system as `to`
 */
export async function moveFolder(from: string, to: string, scratch: string): Promise<MoveRefusal> {
  // Synchronous, so that no other start in this process runs between the check and the move.
  if (isThere(to)) return isThere(from) ? `${to} exists already` : undefined;
  try {
    renameSync(from, to);
    return undefined;
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' && !isThere(from)) return undefined;
    return code === 'EXDEV' ? copy(from, to, scratch) : code;
  }
}

async function copy(from: string, to: string, scratch: string): Promise<MoveRefusal> {
  const suffix = randomBytes(6).toString('hex');
  const draft = join(scratch, `moving-${suffix}`);
  const old = `${from}.${suffix}${MOVED_SUFFIX}`;
  try {
    const { bytes, foreign } = await measure(from);
    if (foreign !== undefined) return `${foreign} belongs to another user or is not a regular file`;
    if (bytes > MAX_COPIED_BYTES) return 'it is larger than 256 MiB, and on another file system';
    const { bavail, bsize } = await statfs(scratch);
    // Use at most half of the free space.
    if (bytes * 2 > bavail * bsize) return 'there is too little space on the other file system';
    await cp(from, draft, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
    renameSync(draft, to);
    renameSync(from, old);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Another dev server that starts at the same time may have moved it first.
    return isThere(to) ? undefined : errorCode(error);
  }
  await rm(old, { recursive: true, force: true });
  return undefined;
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** @returns the size, and the first path that can't be copied exactly */
async function measure(folder: string): Promise<{ bytes: number; foreign: string | undefined }> {
  let bytes = 0;
  const waiting = [folder];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const stats = await lstat(path);
    if (!isCopied(stats)) return { bytes, foreign: path };
    bytes += stats.size;
    if (!stats.isDirectory() || bytes > MAX_COPIED_BYTES) continue;
    for (const name of await readdir(path)) waiting.push(join(path, name));
  }
  return { bytes, foreign: undefined };
}

function isCopied(stats: Stats): boolean {
  const isOwn = stats.uid === process.getuid?.() || process.getuid === undefined;
  return isOwn && (stats.isFile() || stats.isDirectory() || stats.isSymbolicLink());
}
