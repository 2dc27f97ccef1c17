import { noteHandled } from '../../os/debug/debug-log.js';

/** No path is longer (PATH_MAX of Linux), and a regular expression for a longer pattern can be too large. */
const MAX_LINE_CHARACTERS = 4_096;

/**
 * Returns the lines of a file of rules that can be compared with paths. The packages that compare them make regular
 * expressions, which throws for some lines, such as `[`, but only when the first path is compared. Such lines match
 * nothing.
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
