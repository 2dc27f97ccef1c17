import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { pause } from './clock.js';
import { errorCode } from './error-code.js';
import { FileTooLarge } from './regular-file.js';

/** Poll interval: the system gives no notice when a named pipe that was opened without blocking gets a writer. */
const POLL_MS = 20;
const CHUNK_BYTES = 64 * 1024;

/**
 * Reads a named pipe or a device to its end without blocking a thread. A thread blocked in open() or read() can't be
 * interrupted and would keep the program from exiting.
 * @param signal ends the wait; the promise then rejects with the signal's reason
 * @throws FileTooLarge, or the system's error
 */
export async function readPatiently(path: string, maxBytes: number, signal: AbortSignal): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const isPipe = (await file.stat()).isFIFO();
    const parts: Buffer[] = [];
    for (let total = 0; total <= maxBytes; ) {
      signal.throwIfAborted();
      const part = await readPart(file);
      // A pipe without a writer yet reads the same as one whose writer has finished.
      if (part?.length === 0 && (total > 0 || !isPipe)) return Buffer.concat(parts);
      if (part === undefined || part.length === 0) await pause(POLL_MS, signal);
      else parts.push(part);
      total += part?.length ?? 0;
    }
    throw new FileTooLarge(path, maxBytes);
  } finally {
    await file.close();
  }
}

/** @returns undefined if nothing was written since the last part; an empty buffer at the end */
async function readPart(file: FileHandle): Promise<Buffer | undefined> {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  try {
    const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, null);
    return chunk.subarray(0, bytesRead);
  } catch (error) {
    if (errorCode(error) === 'EAGAIN') return undefined;
    throw error;
  }
}
