import { errorCode } from '../../os/error-code.js';
import { openRegularFile } from '../../os/regular-file.js';
import { type BytePath, toFsPath } from '../byte-path.js';

/** A file of rules can be missing, or be in the way of one: git and Docker then go on without. */
const NOT_THERE = ['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'ELOOP', 'ENOTREG'];

/** Reads a file, one character per byte; '' when there is none. @throws the system's error */
export async function readIfThere(path: BytePath): Promise<string> {
  try {
    const file = await openRegularFile(toFsPath(path));
    try {
      return await file.readFile('latin1');
    } finally {
      await file.close();
    }
  } catch (error) {
    if (NOT_THERE.includes(errorCode(error))) return '';
    throw error;
  }
}
