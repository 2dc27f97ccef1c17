import { readFileSync, type Stats } from 'node:fs';
import { join, relative, sep } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { findStateHome } from '../records/state-home.js';

/** Never worth a rebuild. */
const USUAL = ['.git', 'node_modules', '.jamdev'];

/**
 * What not to watch: the usual, and what .dockerignore and .gitignore in a folder leave out. A path that was named
 * itself is watched all the same.
 * @param root the folder with the ignore files
 * @param named absolute paths that were named to be watched
 * @returns whether to ignore an absolute path; `stats` where they are known
 */
export function readIgnoreRules(
  root: string,
  named: readonly string[],
): (path: string, stats?: Pick<Stats, 'isDirectory'>) => boolean {
  const usual = ignore().add(USUAL);
  const files = ignore()
    .add(anchored(readIfThere(join(root, '.dockerignore'))))
    .add(readIfThere(join(root, '.gitignore')));
  // Only what lies outside of the root, or is not ignored itself, has to obey the files.
  const exempt = named.filter((path) => path !== root && matches(files, root, path, true));
  // In a project that is a home folder, jamdev's own logs must not be changes.
  const state = findStateHome().root;
  return (path, stats) => {
    if (named.includes(path)) return false;
    if (path === state || path.startsWith(`${state}${sep}`)) return true;
    const isFolder = stats?.isDirectory() ?? false;
    if (path.split(sep).some((part) => USUAL.includes(part)) && matches(usual, root, path, isFolder)) return true;
    if (exempt.some((folder) => path.startsWith(`${folder}${sep}`))) return false;
    return matches(files, root, path, isFolder);
  };
}

function matches(rules: Ignore, root: string, path: string, isFolder: boolean): boolean {
  const name = relative(root, path).split(sep).join('/');
  // Outside of the root the files have nothing to say.
  if (name === '' || name.startsWith('../') || name === '..') return false;
  return rules.ignores(isFolder ? `${name}/` : name);
}

/** In a .dockerignore every pattern starts at the root; in a .gitignore one without a slash matches at any depth. */
function anchored(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .map((line) => (line === '' || line.startsWith('#') ? '' : line.replace(/^(!?)\.?\/?/, '$1/')))
    .join('\n');
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
