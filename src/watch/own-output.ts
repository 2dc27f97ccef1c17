import { fstatSync, type Stats } from 'node:fs';
import { noteHandled } from '../os/debug/debug-log.js';

const STDOUT_AND_STDERR = [1, 2];

/**
 * Recognizes the files that this program's own output goes to, as in `jamdev dev > log`: in a watched folder each line
 * about a change would be the next change.
 * @returns whether a file is one of them
 */
export function recognizeOwnOutput(): (stats: Stats) => boolean {
  const own = STDOUT_AND_STDERR.flatMap((descriptor) => {
    try {
      const stats = fstatSync(descriptor);
      return stats.isFile() ? [`${stats.dev}:${stats.ino}`] : [];
    } catch (error) {
      noteHandled('watch', 'finding out where the output goes', error);
      // It is closed: then nothing goes there.
      return [];
    }
  });
  return ({ dev, ino }) => own.includes(`${dev}:${ino}`);
}
