import { hostname, userInfo } from 'node:os';
import { noteHandled } from './debug/debug-log.js';

/** Returns the user of this program as `USER@HOST`. A user without a name is shown by number. */
export function userAndHost(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch (error) {
    noteHandled('system', 'looking up the name of the user', error);
    return `${process.getuid?.() ?? ''}@${hostname()}`;
  }
}
