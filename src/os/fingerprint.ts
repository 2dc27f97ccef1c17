import { createHash } from 'node:crypto';
import { close, constants, fstat, open, read, type Stats } from 'node:fs';
import { lstat, readlink, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { errorCode } from './error-code.js';
import { createLimit } from './limit.js';
import { kindOf } from './regular-file.js';

/** The content of larger files is not read: their size and time of change are used instead. */
export const MAX_HASHED_BYTES = 4 * 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;
/** Half of Node.js' four threads for files: the other half stays free for everything else. */
const MAX_AT_ONCE = 2;

/** Half of the work of a `FileHandle`, which counts where thousands of files are read. */
const [openDescriptor, statDescriptor, readDescriptor, closeDescriptor] = [
  promisify(open),
  promisify(fstat),
  promisify(read),
  promisify(close),
];

/**
 * Returns a short text that identifies what is at a path: its kind, and for a file its content and whether it can be
 * executed, for a link its target and what is there. The same text means that nothing has changed.
 *
 * The text is the system's error code, such as `ENOENT`, where nothing can be read. Never rejects.
 */
export type Fingerprint = (path: string | Buffer) => Promise<string>;

/**
 * Creates a function that fingerprints paths without blocking the event loop or waiting for a writer: only regular
 * files are opened, two at once at most, and of those above {@link MAX_HASHED_BYTES} the size and the time of the last
 * change count instead of the content.
 */
export function createFingerprint(): Fingerprint {
  const limit = createLimit(MAX_AT_ONCE);
  // One per file that is read at a time: fresh ones for thousands of files would be gigabytes of garbage.
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
  // Without waiting, in case a named pipe has taken the file's place by now.
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
 * @param size what the system says of it; one in /proc has none, and one that has grown meanwhile has another
 * @returns undefined when there is more than is to be read
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
