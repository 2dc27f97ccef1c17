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
/** Larger than anything jamdev writes in one piece. */
const MAX_BYTES = 16 * 1024 * 1024;

/** Opens a file for reading, but no link, and without waiting for the other end of a pipe. */
export const READ_FLAGS = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
/** Opens or makes a file to append to, but no link. */
export const APPEND_FLAGS = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK;

/**
 * Reads a file that jamdev wrote.
 * @param userId of the user whose it has to be, or root's; null: anyone's
 * @returns undefined when there is none, or what is there is no plain file, is another user's, or is too large
 * @throws what the system says of any other failure: such a file may be there
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
    // What root wrote is fine: root could do anything anyway.
    if (userId !== null && stats.uid !== userId && stats.uid !== ROOT_ID) return undefined;
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

/**
 * Writes a file in one step, so that a reader never sees half of it; it is on the disk when this returns.
 * @param isDurable false for what means nothing after the machine has lost power: waiting for the disk takes time
 */
export function writeOwnFile(path: string, text: string, isDurable = true): void {
  withDraft(path, text, isDurable, (draft) => renameSync(draft, path));
}

/** The same, unless there is one already. @returns whether it was written */
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

/** Adds text to a file, which is made if need be. */
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
