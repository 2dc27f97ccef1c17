import { readFileSync, statSync } from 'node:fs';
import { noteHandled } from '../../os/debug/debug-log.js';
import { type BytePath, isWithin, join, parentOf, toFsPath } from '../byte-path.js';
import { type GitSettings, readGitSettings } from './git-settings.js';

/** Such a file holds just a path and a few words. */
const MAX_POINTER_BYTES = 64 * 1024;

/** A working tree, as git sees it. */
export interface GitRepository extends GitSettings {
  /** The folder with its files; each worktree has its own. */
  root: BytePath;
  /** The folder with its index. */
  gitDir: BytePath;
  /** The folder with `info/exclude`, which worktrees share. */
  commonDir: BytePath;
}

/** The locations of a working tree and its git folder. */
export interface GitPlace {
  root: BytePath;
  gitDir: BytePath;
}

/**
 * Finds the working tree that contains a folder, by its `.git`, as git does (gitrepository-layout).
 * @param folder absolute, without links
 * @returns undefined if there is none
 */
export function findGitPlace(folder: BytePath): GitPlace | undefined {
  for (let root = folder; ; root = parentOf(root)) {
    const gitDir = gitDirOf(root);
    if (gitDir !== undefined) return isWithin(folder, gitDir) ? undefined : { root, gitDir };
    if (root === '/') return undefined;
  }
}

/** Returns the git folder of a working tree with the given root; undefined if it is not such a root. */
export function gitDirOf(root: BytePath): BytePath | undefined {
  const path = join(root, '.git');
  const stats = statSync(toFsPath(path), { throwIfNoEntry: false });
  if (stats?.isDirectory()) return isGitDir(path) ? path : undefined;
  // In a worktree or a submodule, `.git` is a file with the path of the git folder.
  const [, target] = stats?.isFile() ? (/^gitdir: (.*?)\r?\n?$/.exec(read(path)) ?? []) : [];
  if (target === undefined) return undefined;
  const gitDir = resolve(root, target);
  return isGitDir(gitDir) ? gitDir : undefined;
}

/**
 * Finds the working tree that contains a folder, and its settings. `GIT_DIR`, `core.worktree` and similar settings are
 * respected if git is installed and responds.
 * @returns undefined if there is none
 */
export async function findRepository(folder: BytePath): Promise<GitRepository | undefined> {
  const place = findGitPlace(folder);
  const { answer, settings } = await readGitSettings(folder, place?.gitDir);
  const [root, gitDir] = [answer?.root ?? place?.root, answer?.gitDir ?? place?.gitDir];
  if (root === undefined || gitDir === undefined || !isWithin(folder, root)) return undefined;
  const excludesFile = settings.excludesFile === '' ? settings.excludesFile : resolve(root, settings.excludesFile);
  return { root, gitDir, commonDir: commonDirOf(gitDir), ...settings, excludesFile };
}

/**
 * Whether a path is a git folder, by git's own rule (setup.c): it has HEAD and two folders that a worktree shares with its
 * repository.
 */
function isGitDir(path: BytePath): boolean {
  const isThere = (each: BytePath) => statSync(toFsPath(each), { throwIfNoEntry: false }) !== undefined;
  const common = commonDirOf(path);
  return [join(path, 'HEAD'), join(common, 'objects'), join(common, 'refs')].every(isThere);
}

/** Returns the git folder that worktrees share. */
function commonDirOf(gitDir: BytePath): BytePath {
  const common = read(join(gitDir, 'commondir')).trim();
  return common === '' ? gitDir : resolve(gitDir, common);
}

function resolve(base: BytePath, path: string): BytePath {
  const names: string[] = [];
  for (const name of (path.startsWith('/') ? path : `${base}/${path}`).split('/')) {
    if (name === '..') names.pop();
    else if (name !== '' && name !== '.') names.push(name);
  }
  return `/${names.join('/')}` as BytePath;
}

function read(path: BytePath): string {
  try {
    // git writes a single line into it. Opening a named pipe in its place would wait forever.
    const stats = statSync(toFsPath(path));
    return stats.isFile() && stats.size <= MAX_POINTER_BYTES ? readFileSync(toFsPath(path), 'latin1') : '';
  } catch (error) {
    noteHandled('watch', 'reading a file of git', error);
    // It does not exist, or this user can't read it, so it adds no rules.
    return '';
  }
}
