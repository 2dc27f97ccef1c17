import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { errorCode } from '../os/error-code.js';

const { O_RDONLY, O_WRONLY, O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK } = constants;
const ROOT_ID = 0;
/** Larger than any file that jamdev writes. */
const MAX_BYTES = 16 * 1024 * 1024;

/** Flags for opening a file for reading: refuse links, and don't wait for the writer of a named pipe. */
export const READ_FLAGS = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
/** Flags for opening or creating a file to append to: refuse links. */
export const APPEND_FLAGS = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK;

/**
 * Reads a file that jamdev wrote.
 * @param userId the required owner; root's files are accepted too; null: any owner
 * @returns undefined if the file does not exist, is not a regular file, belongs to another user, or is too large
 * @throws the system's error for any other failure: the file may exist
 */
export function readOwnFile(path: string, userId: number | null = process.getuid?.() ?? null): string | undefined {
  let file: number;
  try {
    file = openSync(path, READ_FLAGS);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'EMLINK', 'ENXIO'].includes(errorCode(error))) return undefined;
    throw error;
  }
  try {
    const stats = fstatSync(file);
    if (!stats.isFile() || stats.size > MAX_BYTES) return undefined;
    // Files of root are trusted: root could do anything anyway.
    if (userId !== null && stats.uid !== userId && stats.uid !== ROOT_ID) return undefined;
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

/**
 * Writes a file atomically, so that a reader never sees an incomplete one. The content is on disk when this returns.
 * @param isDurable false for content that is useless after a power loss: waiting for the disk takes time
 */
export function writeOwnFile(path: string, text: string, isDurable = true): void {
  withDraft(path, text, isDurable, (draft) => renameSync(draft, path));
}

/** Does the same as {@link writeOwnFile}, unless the file exists. @returns whether it was written */
export function writeNewOwnFile(path: string, text: string, isDurable = true): boolean {
  return withDraft(path, text, isDurable, (draft) => {
    try {
      linkSync(draft, path);
      return true;
    } catch (error) {
      if (errorCode(error) === 'EEXIST') return false;
      throw error;
    } finally {
      rmSync(draft, { force: true });
    }
  });
}

/** Appends text to a file, and creates it if needed. */
export function appendOwnFile(path: string, text: string): void {
  const file = openSync(path, APPEND_FLAGS, 0o600);
  try {
    writeFileSync(file, text);
  } finally {
    closeSync(file);
  }
}

function withDraft<T>(path: string, text: string, isDurable: boolean, publish: (draft: string) => T): T {
  const draft = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const file = openSync(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      writeFileSync(file, text);
      if (isDurable) fsyncSync(file);
    } finally {
      closeSync(file);
    }
    return publish(draft);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}
