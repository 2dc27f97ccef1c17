import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { noteHandled } from './debug/debug-log.js';

/**
 * Returns how many file descriptors this process may have; undefined if there is no limit or the system does not tell.
 * Node.js raises the limit to the system's maximum (the hard limit) when it starts.
 */
export async function readDescriptorLimit(): Promise<number | undefined> {
  try {
    return parseLimit(
      process.platform === 'linux'
        ? /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
        : (await promisify(execFile)('sh', ['-c', 'ulimit -n'])).stdout.trim(),
    );
  } catch (error) {
    noteHandled('system', 'reading the limit of file descriptors', error);
    // The limit is unknown or already reached. In the latter case the next operation that opens a file reports it.
    return undefined;
  }
}

function parseLimit(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
