import { fstatSync, statSync } from 'node:fs';

const STDOUT_AND_STDERR = [1, 2];

/**
 * Knows the files that this program's own output goes to, as in `jamdev dev > log`: in a watched folder each line about
 * a change would be the next change.
 * @returns whether a file, an absolute path, is one of them
 */
export function knowOwnOutput(): (path: string) => boolean {
  const own = STDOUT_AND_STDERR.flatMap((descriptor) => {
    try {
      const stats = fstatSync(descriptor);
      return stats.isFile() ? [`${stats.dev}:${stats.ino}`] : [];
    } catch {
      return [];
    }
  });
  return (path) => {
    if (own.length === 0) return false;
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats !== undefined && own.includes(`${stats.dev}:${stats.ino}`);
  };
}
