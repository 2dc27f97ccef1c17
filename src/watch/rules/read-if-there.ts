import { lstat } from 'node:fs/promises';
import { ignoreError } from '../../os/debug/debug-log.js';
import { errorCode } from '../../os/error-code.js';
import { FileTooLarge, MAX_TEXT_BYTES, openRegularFile } from '../../os/regular-file.js';
import { type BytePath, toFsPath } from '../byte-path.js';

/** A file of rules can be missing, or not be a file (a folder, a named pipe): git and Docker continue without it. */
const NOT_THERE = ['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'ELOOP', 'ENOTREG', 'EFBIG'];

/**
 * Reads a regular file of rules, one character per byte.
 * @returns '' when there is none, or it is too large for a file of rules
 * @throws the system's error
 */
export async function readIfThere(path: BytePath): Promise<string> {
  return (await readBytesIfThere(path, MAX_TEXT_BYTES))?.toString('latin1') ?? '';
}

/** The same for a file that git does not follow if it is a link: a `.gitignore` in a working tree. */
export async function readUnlessLink(path: BytePath): Promise<string> {
  const stats = await lstat(toFsPath(path)).catch(ignoreError('watch', 'looking at a file of rules'));
  return stats?.isSymbolicLink() ? '' : readIfThere(path);
}

/** Reads a regular file. @returns undefined when there is none, or it is too large. @throws the system's error */
export async function readBytesIfThere(path: BytePath, maxBytes: number): Promise<Buffer | undefined> {
  try {
    const file = await openRegularFile(toFsPath(path));
    try {
      if ((await file.stat()).size > maxBytes) throw new FileTooLarge(path, maxBytes);
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    if (NOT_THERE.includes(errorCode(error))) return undefined;
    throw error;
  }
}
