import { noteHandled } from '../../os/debug/debug-log.js';

/** No path is longer (Linux' PATH_MAX), and a longer pattern can produce a regular expression that is too large. */
const MAX_LINE_CHARACTERS = 4_096;

/**
 * Returns the lines of a rule file that can be compiled. The matching packages build regular expressions, which throws for
 * some lines, such as `[`, but only when the first path is compared. Such lines match nothing.
 * @param compare compares a line with any path
 */
export function usableLines(lines: readonly string[], compare: (line: string) => void): string[] {
  return lines.filter((line) => {
    if (line.length > MAX_LINE_CHARACTERS) return false;
    try {
      compare(line);
      return true;
    } catch (error) {
      noteHandled('watch', 'compiling a pattern of an ignore file', error);
      return false;
    }
  });
}
