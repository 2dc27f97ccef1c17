import { readlinkSync } from 'node:fs';
import { noteHandled } from '../os/debug/debug-log.js';

/** Returns an id of this program's pid namespace; each container has its own. '' if the system does not tell. */
export function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch (error) {
    noteHandled('processes', 'reading the pid namespace', error);
    return '';
  }
}
