import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { decodeText } from './text-encoding.js';

/** The kind of a file system entry, in words for people. */
export type FileKind = 'file' | 'folder' | 'link' | 'named pipe' | 'socket' | 'device';

/** Far above the size of any config file, script or env file. */
export const MAX_TEXT_BYTES = 4 * 1024 * 1024;

/** The path exists, but reading it could block forever or have side effects: a named pipe, a socket or a device. */
export class NotRegularFile extends Error {
  readonly code = 'ENOTREG';

  constructor(
    readonly path: string,
    readonly kind: FileKind,
  ) {
    super(`${path} is a ${kind}, not a regular file`);
  }
}

/** Returns the kind of file that `stat` or `lstat` found. */
export function kindOf(
  stats: Pick<Stats, 'isFile' | 'isDirectory' | 'isSymbolicLink' | 'isFIFO' | 'isSocket'>,
): FileKind {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'folder';
  if (stats.isSymbolicLink()) return 'link';
  if (stats.isFIFO()) return 'named pipe';
  return stats.isSocket() ? 'socket' : 'device';
}

/**
 * Opens a regular file for reading; follows links. Never opens anything else: opening a named pipe waits for a writer, and
 * opening a device can have side effects.
 * @throws NotRegularFile, or the system's error
 */
export async function openRegularFile(path: string | Buffer): Promise<FileHandle> {
  assertRegular(path, await stat(path));
  // Non-blocking, in case a named pipe has replaced the file by now.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    assertRegular(path, await file.stat());
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

function assertRegular(path: string | Buffer, stats: Stats): void {
  if (!stats.isFile()) throw new NotRegularFile(String(path), kindOf(stats));
}

/** A file is larger than anyone would write by hand. */
export class FileTooLarge extends Error {
  readonly code = 'EFBIG';

  constructor(
    readonly path: string,
    readonly maxBytes: number,
  ) {
    super(`${path} is larger than ${maxBytes} bytes`);
  }
}

/**
 * Reads a regular text file (UTF-8, without a byte order mark).
 * @throws NotRegularFile, FileTooLarge, NotUtf8, or the system's error
 */
export async function readRegularFile(path: string, maxBytes = MAX_TEXT_BYTES): Promise<string> {
  const file = await openRegularFile(path);
  try {
    const { size } = await file.stat();
    if (size > maxBytes) throw new FileTooLarge(path, maxBytes);
    return decodeText(await file.readFile());
  } finally {
    await file.close();
  }
}
