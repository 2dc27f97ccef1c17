import { readFileSync, statSync } from 'node:fs';
import { noteHandled } from '../../os/debug/debug-log.js';
import { type BytePath, isWithin, join, parentOf, toFsPath } from '../byte-path.js';
import { type GitSettings, readGitSettings } from './git-settings.js';

/** A path and a few words. */
const MAX_POINTER_BYTES = 64 * 1024;

/** A working tree, as git sees it. */
export interface GitRepository extends GitSettings {
  /** Where its files are; a worktree has one of its own. */
  root: BytePath;
  /** Where its index is. */
  gitDir: BytePath;
  /** Where `info/exclude` is: worktrees share it. */
  commonDir: BytePath;
}

/** Where a working tree and its git folder are. */
export interface GitPlace {
  root: BytePath;
  gitDir: BytePath;
}

/**
 * Finds the working tree that a folder is in, by its `.git`, as git does (gitrepository-layout).
 * @param folder absolute, without links
 * @returns undefined when it is in none
 */
export function findGitPlace(folder: BytePath): GitPlace | undefined {
  for (let root = folder; ; root = parentOf(root)) {
    const gitDir = gitDirOf(root);
    if (gitDir !== undefined) return isWithin(folder, gitDir) ? undefined : { root, gitDir };
    if (root === '/') return undefined;
  }
}

/** The git folder of a working tree with that root; undefined when it is no such root. */
export function gitDirOf(root: BytePath): BytePath | undefined {
  const path = join(root, '.git');
  const stats = statSync(toFsPath(path), { throwIfNoEntry: false });
  if (stats?.isDirectory()) return isGitDir(path) ? path : undefined;
  // Of a worktree or a submodule it is a file that says where to look.
  const [, target] = stats?.isFile() ? (/^gitdir: (.*?)\r?\n?$/.exec(read(path)) ?? []) : [];
  if (target === undefined) return undefined;
  const gitDir = resolve(root, target);
  return isGitDir(gitDir) ? gitDir : undefined;
}

/**
 * Finds the working tree that a folder is in, and what its settings say. `GIT_DIR`, `core.worktree` and the like are
 * followed where git is installed and can be asked.
 * @returns undefined when it is in none
 */
export async function findRepository(folder: BytePath): Promise<GitRepository | undefined> {
  const place = findGitPlace(folder);
  const { answer, settings } = await readGitSettings(folder, place?.gitDir);
  const [root, gitDir] = [answer?.root ?? place?.root, answer?.gitDir ?? place?.gitDir];
  if (root === undefined || gitDir === undefined || !isWithin(folder, root)) return undefined;
  const excludesFile = settings.excludesFile === '' ? settings.excludesFile : resolve(root, settings.excludesFile);
  return { root, gitDir, commonDir: commonDirOf(gitDir), ...settings, excludesFile };
}

/** As git decides it (setup.c): by HEAD, and by two folders that a worktree shares with its repository. */
function isGitDir(path: BytePath): boolean {
  const isThere = (each: BytePath) => statSync(toFsPath(each), { throwIfNoEntry: false }) !== undefined;
  const common = commonDirOf(path);
  return [join(path, 'HEAD'), join(common, 'objects'), join(common, 'refs')].every(isThere);
}

/** The git folder that worktrees share. */
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
    // Git writes a line into it; opening a named pipe in its place would wait forever.
    const stats = statSync(toFsPath(path));
    return stats.isFile() && stats.size <= MAX_POINTER_BYTES ? readFileSync(toFsPath(path), 'latin1') : '';
  } catch (error) {
    noteHandled('watch', 'reading a file of git', error);
    // It does not exist, or this user may not read it: it adds no rules.
    return '';
  }
}
