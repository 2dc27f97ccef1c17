import { type BytePath, isWithin, join, nameOf, parentOf, relativeTo } from '../byte-path.js';
import type { FolderRules, HasEntry } from './folder-rules.js';
import { readTrackedFiles, type TrackedFiles } from './git-index.js';
import { findRepository, type GitRepository, gitDirOf } from './git-repository.js';
import { type AskFile, askAbout, type GitignoreFile, hasPatterns, parseGitignore } from './gitignore-file.js';
import { readIfThere, readUnlessLink } from './read-if-there.js';

/** A working tree, with the rules for all of it. */
interface Repository extends GitRepository {
  tracked: TrackedFiles;
  /** `info/exclude` and the user's own file; the weakest first. */
  excludes: readonly GitignoreFile[];
}

/** git's rules for a folder that is to be watched. */
export interface GitRules {
  rules: FolderRules;
  /** The folder itself is ignored, so rules from above it are not applied. */
  isIgnored: boolean;
  /** Files outside of the folder with rules: when one changes, the rules have to be read again. */
  sources: BytePath[];
  /** Where git puts `index.lock` while it works; undefined outside of any repository. */
  gitDir: BytePath | undefined;
  /** The content of those files. */
  texts: string[];
}

/**
 * Reads what git ignores in a folder and below: by `.gitignore` files there and in the folders above, up to the
 * repository's root, by `.git/info/exclude` and by the user's own excludes (gitignore). What is tracked is not ignored.
 * A folder outside of any repository obeys its own `.gitignore` files.
 * @param folder absolute, without links
 * @throws the system's error
 */
export async function readGitRules(folder: BytePath): Promise<GitRules> {
  const repository = await readRepository(folder);
  if (repository === undefined) {
    const rules = await rulesIn(folder, undefined, [], false);
    return { rules, isIgnored: false, sources: [], gitDir: undefined, texts: [] };
  }
  const above = foldersBetween(repository.root, folder);
  let rules = await rulesIn(above[0] ?? folder, repository, repository.excludes, false);
  let isIgnored = false;
  for (const entered of [...above, folder].slice(1)) {
    isIgnored ||= rules.ignores(nameOf(entered), true) || rules.ignoredWithin(nameOf(entered));
    rules = await rules.enter(nameOf(entered));
  }
  if (isIgnored) rules = await rulesIn(folder, repository, [], false);
  const { gitDir, commonDir, excludesFile, ignoreCase, tracked } = repository;
  const inTree = above.map((each) => join(each, '.gitignore'));
  const others = [join(commonDir, 'info/exclude'), excludesFile];
  const files = [...inTree, ...others];
  const contents = await Promise.all([...inTree.map(readUnlessLink), ...others.map(readIfThere)]);
  const texts = [String(ignoreCase), ...contents, tracked.paths.join('\0')];
  return { rules, isIgnored, sources: [...files, join(gitDir, 'index'), join(commonDir, 'config')], gitDir, texts };
}

async function readRepository(folder: BytePath): Promise<Repository | undefined> {
  const found = await findRepository(folder);
  if (found === undefined) return undefined;
  const { root, gitDir, commonDir, excludesFile, ignoreCase, hashBytes } = found;
  const texts = await Promise.all([excludesFile, join(commonDir, 'info/exclude')].map(readIfThere));
  const excludes = texts.filter(hasPatterns).map((text) => parseGitignore(root, text, ignoreCase));
  return { ...found, excludes, tracked: await readTrackedFiles(gitDir, hashBytes) };
}

/** @param above the rules from folders above, the weakest first */
async function rulesIn(
  folder: BytePath,
  repository: Repository | undefined,
  above: readonly GitignoreFile[],
  isIgnored: boolean,
): Promise<RulesInFolder> {
  const text = await readUnlessLink(join(folder, '.gitignore'));
  const own = !hasPatterns(text) ? [] : [parseGitignore(folder, text, repository?.ignoreCase ?? false)];
  return new RulesInFolder(folder, repository, [...above, ...own], isIgnored);
}

class RulesInFolder implements FolderRules {
  readonly #folder: BytePath;
  readonly #repository: Repository | undefined;
  readonly #files: readonly GitignoreFile[];
  /** The strongest first. */
  readonly #asked: readonly AskFile[];
  /** Whether the folder is ignored, and was entered for what is tracked in it. */
  readonly #isIgnored: boolean;

  constructor(
    folder: BytePath,
    repository: Repository | undefined,
    files: readonly GitignoreFile[],
    isIgnored: boolean,
  ) {
    this.#folder = folder;
    this.#repository = repository;
    this.#files = files;
    this.#asked = files.map((file) => askAbout(file, folder)).reverse();
    this.#isIgnored = isIgnored;
  }

  ignores(name: string, isFolder: boolean): boolean {
    return this.#isIgnoredByRules(name, isFolder) && !this.#isTracked(name, isFolder);
  }

  /** Whether a folder is ignored, even if something in it is tracked. */
  ignoredWithin(name: string): boolean {
    return this.#isIgnoredByRules(name, true);
  }

  isRuleFile(name: string): boolean {
    // A repository that is made, or deleted, changes which rules there are.
    return name === '.gitignore' || name === '.git';
  }

  async enter(name: string, has: HasEntry = () => true, isIncluded = false): Promise<RulesInFolder> {
    const folder = join(this.#folder, name);
    // Within another repository, a submodule or just a clone, its own rules hold and no others.
    if (has('.git') && gitDirOf(folder) !== undefined) {
      const inner = await readRepository(folder);
      if (inner !== undefined) return rulesIn(folder, inner, inner.excludes, false);
    }
    const isIgnored = !isIncluded && this.#isIgnoredByRules(name, true);
    if (!has('.gitignore')) {
      return new RulesInFolder(folder, this.#repository, this.#files, isIgnored);
    }
    return rulesIn(folder, this.#repository, this.#files, isIgnored);
  }

  #isIgnoredByRules(name: string, isFolder: boolean): boolean {
    if (this.#isIgnored) return true;
    for (const ask of this.#asked) {
      const verdict = ask(name, isFolder);
      if (verdict !== undefined) return verdict === 'ignored';
    }
    return false;
  }

  #isTracked(name: string, isFolder: boolean): boolean {
    if (this.#repository === undefined) return false;
    const path = relativeTo(this.#repository.root, join(this.#folder, name));
    const { tracked } = this.#repository;
    return tracked.has(path) || (isFolder && tracked.hasIn(path));
  }
}

/** The folders from a root down to the parent of a folder. */
function foldersBetween(root: BytePath, folder: BytePath): BytePath[] {
  const found: BytePath[] = [];
  for (let each = folder; each !== root && isWithin(each, root); each = parentOf(each)) found.unshift(parentOf(each));
  return found;
}
