import { readFileSync } from 'node:fs';
import { noteHandled } from '../os/debug/debug-log.js';

/**
 * Returns how many bytes a process and its reaped children have written with `write` and similar calls, to files, pipes and
 * terminals: https://docs.kernel.org/filesystems/proc.html (wchar). Bytes sent with `send` are not counted.
 * @returns undefined if the system does not tell (not Linux, or another user's process)
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
