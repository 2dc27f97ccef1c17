import { createHash } from 'node:crypto';
import { close, constants, fstat, open, read, type Stats } from 'node:fs';
import { lstat, readlink, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { errorCode } from './error-code.js';
import { createLimit } from './limit.js';
import { kindOf } from './regular-file.js';

/** Above this size, a file's size and time of change are used instead of its content. */
export const MAX_HASHED_BYTES = 4 * 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;
/** Uses half of Node.js' four file system threads, and leaves the other half to everything else. */
const MAX_AT_ONCE = 2;

/** These take half the work of a `FileHandle`, which matters for thousands of files. */
const [openDescriptor, statDescriptor, readDescriptor, closeDescriptor] = [
  promisify(open),
  promisify(fstat),
  promisify(read),
  promisify(close),
];

/**
 * Returns a short text that identifies the current state of a path: its kind, plus a file's content and executable bit, or a
 * link's target and the state of that target. The same text means that nothing has changed.
 *
 * If the path can't be read, the text is the system's error code, such as `ENOENT`. Never rejects.
 */
export type Fingerprint = (path: string | Buffer) => Promise<string>;

/**
 * Creates a function that fingerprints paths without blocking the event loop or waiting for a writer. It opens only regular
 * files, at most two at once. For files above {@link MAX_HASHED_BYTES}, the size and the time of the last change count
 * instead of the content.
 */
export function createFingerprint(): Fingerprint {
  const limit = createLimit(MAX_AT_ONCE);
  // Buffers are reused: new ones for thousands of files would be gigabytes of garbage.
  const chunks: Buffer[] = [];
  return (path) =>
    limit(async () => {
      const chunk = chunks.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
      try {
        return await fingerprintPath(path, chunk).catch(errorCode);
      } finally {
        chunks.push(chunk);
      }
    });
}

async function fingerprintPath(path: string | Buffer, chunk: Buffer): Promise<string> {
  const stats = await lstat(path);
  if (!stats.isSymbolicLink()) return fingerprintTarget(path, stats, chunk);
  const content = stat(path).then((target) => fingerprintTarget(path, target, chunk));
  const [target, shown] = await Promise.all([readlink(path), content.catch(errorCode)]);
  return `link ${target} ${shown}`;
}

async function fingerprintTarget(path: string | Buffer, stats: Stats, chunk: Buffer): Promise<string> {
  if (!stats.isFile()) return kindOf(stats);
  const executable = (stats.mode & 0o111) === 0 ? '' : ' executable';
  if (stats.size > MAX_HASHED_BYTES) return `file${executable} ${sizeAndTime(stats)}`;
  // Non-blocking, in case a named pipe has replaced the file by now.
  const descriptor = await openDescriptor(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const opened = await statDescriptor(descriptor);
    if (!opened.isFile()) return kindOf(opened);
    return `file${executable} ${(await hash(descriptor, opened.size, chunk)) ?? sizeAndTime(opened)}`;
  } finally {
    await closeDescriptor(descriptor);
  }
}

/**
 * @param size the file's size according to the system; 0 for files in /proc, and outdated if the file has grown since
 * @returns undefined if the file is larger than the limit
 */
async function hash(descriptor: number, size: number, chunk: Buffer): Promise<string | undefined> {
  const sum = createHash('sha256');
  for (let total = 0; total <= MAX_HASHED_BYTES; ) {
    const { bytesRead } = await readDescriptor(descriptor, chunk, 0, CHUNK_BYTES, total);
    sum.update(chunk.subarray(0, bytesRead));
    total += bytesRead;
    if (bytesRead === 0 || (bytesRead < CHUNK_BYTES && total === size)) return sum.digest('hex');
  }
  return undefined;
}

function sizeAndTime({ size, mtimeMs, ctimeMs }: Stats): string {
  return `${size} bytes ${mtimeMs} ${ctimeMs}`;
}
