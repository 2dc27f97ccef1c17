import { statSync } from 'node:fs';

/**
 * Whether there is something at a path, through links.
 * @throws the system's error where that can't be told, for want of a permission or of file descriptors for instance:
 *   `existsSync` would say that there is nothing
 */
export function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
