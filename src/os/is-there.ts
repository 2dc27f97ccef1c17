import { statSync } from 'node:fs';
import { errorCode } from './error-code.js';

/**
 * Whether there is something at a path, through links.
 * @throws the system's error where that can't be told, for want of a permission or of file descriptors for instance:
 *   `existsSync` would say that there is nothing
 */
export function isThere(path: string): boolean {
  try {
    // With `throwIfNoEntry: false`, Node.js 26 says that nothing is there also where a part of the path is a file.
    statSync(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}
