import { readFileSync } from 'node:fs';
import { noteHandled } from '../os/debug/debug-log.js';

/**
 * Reads how many bytes a process has written by `write` and its kind, to files, pipes and terminals, with its children
 * that have ended: https://docs.kernel.org/filesystems/proc.html (wchar). What it sends by `send` is not counted.
 * @returns undefined where the system does not tell (it is not Linux, or another user's process)
 */
export function writtenBytesOf(pid: number): number | undefined {
  try {
    const bytes = /^wchar: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1];
    return bytes === undefined ? undefined : Number(bytes);
  } catch (error) {
    noteHandled('processes', 'counting what a process has written', error);
    return undefined;
  }
}
