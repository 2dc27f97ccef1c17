import ignore from 'ignore';
import type { BytePath } from '../byte-path.js';
import { toBytePath } from '../byte-path.js';
import { forOneTurn } from './for-one-turn.js';
import { usablePatterns, type Verdict } from './gitignore-file.js';

/** Returns the verdict of `ignore` on a path relative to the service's folder. */
export type AskOption = (path: BytePath, isFolder: boolean) => Verdict;

/** Compiles `ignore` from the config and the command line: patterns as in a `.gitignore` in the service's folder. */
export function compileIgnoreOption(patterns: readonly string[]): AskOption {
  if (patterns.length === 0) return () => undefined;
  const lines = usablePatterns(patterns.map(toBytePath));
  const compiled = ignore({ ignorecase: false, allowRelativePaths: true }).add(lines.join('\n'));
  const matcher = forOneTurn(() => ignore({ allowRelativePaths: true }).add(compiled));
  return (path, isFolder) => {
    if (path === '') return undefined;
    const { ignored, unignored } = matcher().test(isFolder ? `${path}/` : path);
    if (ignored) return 'ignored';
    return unignored ? 'included' : undefined;
  };
}
