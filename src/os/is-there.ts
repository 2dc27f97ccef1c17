import { statSync } from 'node:fs';
import { errorCode } from './error-code.js';

/**
 * Whether a file or folder exists at a path; follows links.
 * @throws the system's error if that can't be determined, for example because of permissions or a lack of file descriptors.
 * `existsSync` would return false instead.
 */
export function isThere(path: string): boolean {
  try {
    // Not with `throwIfNoEntry: false`: Node.js 26 then also returns undefined if a parent in the path is a file.
    statSync(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}
