import { hostname, userInfo } from 'node:os';
import { noteHandled } from './debug/debug-log.js';

/** Who runs this program, as `USER@HOST`; of a user without a name, the number. */
export function userAndHost(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch (error) {
    noteHandled('system', 'looking up the name of the user', error);
    return `${process.getuid?.() ?? ''}@${hostname()}`;
  }
}
