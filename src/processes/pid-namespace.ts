import { readlinkSync } from 'node:fs';
import { noteHandled } from '../os/debug/debug-log.js';

/** Names the space that pids of this program are from: each container has its own. '' where the system does not tell. */
export function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch (error) {
    noteHandled('processes', 'reading the pid namespace', error);
    return '';
  }
}
