import { type BytePath, isWithin, join, nameOf, parentOf, relativeTo } from '../byte-path.js';
import type { FolderRules, HasEntry } from './folder-rules.js';
import { readTrackedFiles, type TrackedFiles } from './git-index.js';
import { findRepository, type GitRepository, gitDirOf } from './git-repository.js';
import { type AskFile, askAbout, type GitignoreFile, hasPatterns, parseGitignore } from './gitignore-file.js';
import { readIfThere, readUnlessLink } from './read-if-there.js';

/** A working tree with the rules that apply to all of it. */
interface Repository extends GitRepository {
  tracked: TrackedFiles;
  /** `info/exclude` and the user's own file, weakest first. */
  excludes: readonly GitignoreFile[];
}

/** git's rules for a watched folder. */
export interface GitRules {
  rules: FolderRules;
  /** Whether the folder itself is ignored. Rules from folders above it are not applied then. */
  isIgnored: boolean;
  /** Rule files outside of the folder. When one changes, the rules must be read again. */
  sources: BytePath[];
  /** The folder in which git creates `index.lock` while it works; undefined outside of any repository. */
  gitDir: BytePath | undefined;
  /** The content of these files. */
  texts: string[];
}

/**
 * Reads git's ignore rules for a folder and below: from the `.gitignore` files there and in the folders above, up to the
 * repository's root, from `.git/info/exclude` and from the user's own excludes (gitignore). Tracked files are not ignored.
 * Outside of any repository, only the folder's own `.gitignore` files apply.
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

/** @param above the rules from folders above, weakest first */
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
  /** Strongest first. */
  readonly #asked: readonly AskFile[];
  /** Whether the folder is ignored and was entered only for its tracked files. */
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

  /** Whether a folder is ignored, even if files in it are tracked. */
  ignoredWithin(name: string): boolean {
    return this.#isIgnoredByRules(name, true);
  }

  isRuleFile(name: string): boolean {
    // Creating or deleting a repository changes which rules apply.
    return name === '.gitignore' || name === '.git';
  }

  async enter(name: string, has: HasEntry = () => true, isIncluded = false): Promise<RulesInFolder> {
    const folder = join(this.#folder, name);
    // In a nested repository, a submodule or just a clone, only its own rules apply.
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

/** Returns the folders from a root down to the parent of a folder. */
function foldersBetween(root: BytePath, folder: BytePath): BytePath[] {
  const found: BytePath[] = [];
  for (let each = folder; each !== root && isWithin(each, root); each = parentOf(each)) found.unshift(parentOf(each));
  return found;
}
