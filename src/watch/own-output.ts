import { fstatSync, type Stats } from 'node:fs';
import { noteHandled } from '../os/debug/debug-log.js';

const STDOUT_AND_STDERR = [1, 2];

/**
 * Recognizes the files that receive this program's own output, such as in `jamdev dev > log`. In a watched folder, each line
 * about a change would otherwise be the next change.
 * @returns a function that tells whether a file is one of them
 */
export function recognizeOwnOutput(): (stats: Stats) => boolean {
  const own = STDOUT_AND_STDERR.flatMap((descriptor) => {
    try {
      const stats = fstatSync(descriptor);
      return stats.isFile() ? [`${stats.dev}:${stats.ino}`] : [];
    } catch (error) {
      noteHandled('watch', 'finding out where the output goes', error);
      // The descriptor is closed, so no file receives its output.
      return [];
    }
  });
  return ({ dev, ino }) => own.includes(`${dev}:${ino}`);
}
