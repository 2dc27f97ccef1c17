import ignore, { type Ignore } from 'ignore';
import type { BytePath } from '../byte-path.js';
import { relativeTo } from '../byte-path.js';
import { forOneTurn } from './for-one-turn.js';
import { usableLines } from './usable-lines.js';

/** Whether the patterns of one file ignore one entry of a folder. */
export type Verdict = 'ignored' | 'included' | undefined;
/** Asks one file about entries of one folder. */
export type AskFile = (name: string, isFolder: boolean) => Verdict;

/** The patterns of a `.gitignore`, an exclude file, or the like. */
export interface GitignoreFile {
  /** Its patterns are relative to this folder. */
  base: BytePath;
  matcher: Ignore;
}

/** When case is ignored, git lowercases all letters except these, which then match nothing. */
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

/** Returns the patterns that the matcher can compare with paths. */
export function usablePatterns(lines: readonly string[]): string[] {
  return usableLines(lines, (line) => ignore({ allowRelativePaths: true }).add(line.replace(/^!/, '')).test('a'));
}

/** Whether a file says anything but comments. */
export function hasPatterns(text: string): boolean {
  return text.split('\n').some((line) => line.trim() !== '' && !line.startsWith('#'));
}

/** A pattern whose literal start is followed by `**`, which ends it or a name: sign, slash, start, rest. */
const GLUED_STARS = /^(!?)(\/?)((?:(?<=[/!])|(?![#!]))[^*?[\\]*[^*?[\\/])\*\*(\/.*|)$/;

/**
 * git compares the literal start of a pattern by itself, so that the `**` of `foo**` + `/bar` then stands at a start and
 * may match nothing: it matches `foobar`. At the end of a pattern with a slash, as in `/foo**`, it matches everything
 * below `foobar` as well. The `ignore` package does not do this, and gets equivalent patterns.
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
  // No path has two slashes in a row, so only what is glued can match.
  return rest.startsWith('/') ? glued : [...glued, `${sign}/${start}*/**/${rest}`];
}

/** Without the spaces at its end that git removes: those that no backslash protects. */
function trimEnd(line: string): string {
  return line.replace(/^((?:\\.|[^\\])*?) +$/s, '$1');
}

/**
 * Creates a function that checks entries of a folder against a file, even if the folder itself is ignored:
 * the caller has entered it.
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

/** `a/b/c` -> `a`, `a/b`, `a/b/c`. */
function foldersOnTheWay(path: string): string[] {
  if (path === '') return [];
  return path.split('/').map((_, index, names) => names.slice(0, index + 1).join('/'));
}

/** The last rule that matches decides, and this one matches nothing else. */
function unignore(folder: string): { pattern: string } {
  return { pattern: `!/${folder.replace(/[\\*?[\]!# ]/g, '\\$&')}/` };
}
