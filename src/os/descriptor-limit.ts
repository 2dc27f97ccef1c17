import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { noteHandled } from './debug/debug-log.js';

/**
 * How many file descriptors this process may have; undefined: no limit, or the system does not tell. Node.js has raised
 * it to what the system allows at most (the hard limit) when it started.
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
    // Not told, or used up already: what needs one next says so.
    return undefined;
  }
}

function parseLimit(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
