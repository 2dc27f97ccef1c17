import { lstat } from 'node:fs/promises';
import { ignoreError } from '../../os/debug/debug-log.js';
import { errorCode } from '../../os/error-code.js';
import { FileTooLarge, MAX_TEXT_BYTES, openRegularFile } from '../../os/regular-file.js';
import { type BytePath, toFsPath } from '../byte-path.js';

/** Errors for a rule file that is missing or not a file (a folder, a named pipe). git and Docker continue without it. */
const NOT_THERE = ['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'ELOOP', 'ENOTREG', 'EFBIG'];

/**
 * Reads a regular rule file, one character per byte.
 * @returns '' if it does not exist or is too large for a rule file
 * @throws the system's error
 */
export async function readIfThere(path: BytePath): Promise<string> {
  return (await readBytesIfThere(path, MAX_TEXT_BYTES))?.toString('latin1') ?? '';
}

/** Does the same, but returns '' for a link, since git does not follow a `.gitignore` that is a link. */
export async function readUnlessLink(path: BytePath): Promise<string> {
  const stats = await lstat(toFsPath(path)).catch(ignoreError('watch', 'looking at a file of rules'));
  return stats?.isSymbolicLink() ? '' : readIfThere(path);
}

/** Reads a regular file. @returns undefined if it does not exist or is too large @throws the system's error */
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
