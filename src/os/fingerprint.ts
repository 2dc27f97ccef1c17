import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { type FileHandle, lstat, readlink, stat } from 'node:fs/promises';
import { errorCode } from './error-code.js';
import { createLimit } from './limit.js';
import { kindOf, openRegularFile } from './regular-file.js';

/** The content of larger files is not read: their size and time of change stand for it. */
export const MAX_HASHED_BYTES = 4 * 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;
/** Half of Node.js' four threads for files: the other half stays free for everything else. */
const MAX_AT_ONCE = 2;

/**
 * Returns a short text that stands for what is at a path: its kind, and for a file its content and whether it can be
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
  return (path) => limit(() => fingerprintPath(path).catch(errorCode));
}

async function fingerprintPath(path: string | Buffer): Promise<string> {
  const stats = await lstat(path);
  if (!stats.isSymbolicLink()) return fingerprintTarget(path, stats);
  const content = stat(path).then((target) => fingerprintTarget(path, target));
  const [target, shown] = await Promise.all([readlink(path), content.catch(errorCode)]);
  return `link ${target} ${shown}`;
}

async function fingerprintTarget(path: string | Buffer, stats: Stats): Promise<string> {
  if (!stats.isFile()) return kindOf(stats);
  const executable = (stats.mode & 0o111) === 0 ? '' : ' executable';
  if (stats.size > MAX_HASHED_BYTES) return `file${executable} ${sizeAndTime(stats)}`;
  const file = await openRegularFile(path);
  try {
    // A file that has grown meanwhile, or that has no size of its own (as in /proc), is bounded here.
    return `file${executable} ${(await hash(file)) ?? sizeAndTime(await file.stat())}`;
  } finally {
    await file.close();
  }
}

/** @returns undefined when there is more than is to be read */
async function hash(file: FileHandle): Promise<string | undefined> {
  const sum = createHash('sha256');
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let total = 0; total <= MAX_HASHED_BYTES; ) {
    const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, total);
    if (bytesRead === 0) return sum.digest('hex');
    sum.update(chunk.subarray(0, bytesRead));
    total += bytesRead;
  }
  return undefined;
}

function sizeAndTime({ size, mtimeMs, ctimeMs }: Stats): string {
  return `${size} bytes ${mtimeMs} ${ctimeMs}`;
}
