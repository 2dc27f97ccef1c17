import ignore, { type Ignore } from 'ignore';
import type { BytePath } from '../byte-path.js';
import { relativeTo } from '../byte-path.js';
import { forOneTurn } from './for-one-turn.js';
import { usableLines } from './usable-lines.js';

/** Whether the patterns of one file ignore or include an entry of a folder; undefined: no pattern matches. */
export type Verdict = 'ignored' | 'included' | undefined;
/** Checks an entry of one folder against one file. */
export type AskFile = (name: string, isFolder: boolean) => Verdict;

/** The patterns of a `.gitignore`, an exclude file or similar. */
export interface GitignoreFile {
  /** The folder that its patterns are relative to. */
  base: BytePath;
  matcher: Ignore;
}

/** If case is ignored, git lowercases all letters except escaped ones, so patterns with escaped capitals match nothing. */
const ESCAPED_CAPITAL = /(?<!\\)(?:\\\\)*\\[A-Z]/;
const UTF8_BYTE_ORDER_MARK = '\xef\xbb\xbf';

/**
 * Compiles patterns.
 * @param text with one character per byte
 */
export function parseGitignore(base: BytePath, text: string, ignoreCase: boolean): GitignoreFile {
  const matcher = ignore({ ignorecase: ignoreCase, allowRelativePaths: true });
  const lines = text
    .replace(UTF8_BYTE_ORDER_MARK, '')
    .split('\n')
    // For git, a line ends at a zero byte.
    .map((line) => line.replace(/\0.*/s, ''))
    .filter((line) => !(ignoreCase && ESCAPED_CAPITAL.test(line)));
  return { base, matcher: matcher.add(usablePatterns(lines.flatMap(expandGluedStars)).join('\n')) };
}

/** Returns the patterns that the matcher can compile. */
export function usablePatterns(lines: readonly string[]): string[] {
  return usableLines(lines, (line) => ignore({ allowRelativePaths: true }).add(line.replace(/^!/, '')).test('a'));
}

/** Whether a file contains anything but comments. */
export function hasPatterns(text: string): boolean {
  return text.split('\n').some((line) => line.trim() !== '' && !line.startsWith('#'));
}

/**
 * A pattern whose literal start is directly followed by `**` at the end of the pattern or of a name: sign, slash, start,
 * rest.
 */
const GLUED_STARS = /^(!?)(\/?)((?:(?<=[/!])|(?![#!]))[^*?[\\]*[^*?[\\/])\*\*(\/.*|)$/;

/**
 * Replaces a pattern with equivalent ones for the `ignore` package, which treats `**` after a literal start differently. git
 * compares the literal start separately, so the `**` of `foo**` + `/bar` counts as leading and may match nothing: the
 * pattern matches `foobar`. At the end of a pattern with a slash, as in `/foo**`, it also matches everything below `foobar`.
 */
function expandGluedStars(line: string): string[] {
  const [, sign = '', slash, start, tail = ''] = GLUED_STARS.exec(trimEnd(line)) ?? [];
  if (start === undefined) return [line];
  if (tail === '' || tail === '/') {
    if (slash === '' && !start.includes('/')) return [line];
    return [`${sign}/${start}*${tail}`, `${sign}/${start}*/**${tail}`];
  }
  const rest = tail.slice(1);
  const glued = expandGluedStars(`${sign}/${start}${rest}`);
  // No path has two slashes in a row, so only the glued form can match.
  return rest.startsWith('/') ? glued : [...glued, `${sign}/${start}*/**/${rest}`];
}

/** Removes the trailing spaces that git removes: those not escaped by a backslash. */
function trimEnd(line: string): string {
  return line.replace(/^((?:\\.|[^\\])*?) +$/s, '$1');
}

/**
 * Creates a function that checks entries of a folder against a file, even if the folder itself is ignored, since the caller
 * has entered it anyway.
 */
export function askAbout(file: GitignoreFile, folder: BytePath): AskFile {
  const inBase = relativeTo(file.base, folder);
  const matcher = forOneTurn(() => {
    const fresh = ignore({ allowRelativePaths: true }).add(file.matcher);
    const isIgnored = inBase !== '' && fresh.ignores(`${inBase}/`);
    return isIgnored ? fresh.add(foldersOnTheWay(inBase).map(unignore)) : fresh;
  });
  const prefix = inBase === '' ? '' : `${inBase}/`;
  return (name, isFolder) => {
    const { ignored, unignored } = matcher().test(`${prefix}${name}${isFolder ? '/' : ''}`);
    if (ignored) return 'ignored';
    return unignored ? 'included' : undefined;
  };
}

/** Returns all prefixes of a path: `a/b/c` gives `a`, `a/b` and `a/b/c`. */
function foldersOnTheWay(path: string): string[] {
  if (path === '') return [];
  return path.split('/').map((_, index, names) => names.slice(0, index + 1).join('/'));
}

/** Returns a rule that includes just one folder. The last rule that matches decides. */
function unignore(folder: string): { pattern: string } {
  return { pattern: `!/${folder.replace(/[\\*?[\]!# ]/g, '\\$&')}/` };
}
