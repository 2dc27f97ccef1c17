import { homedir } from 'node:os';
import { execa } from 'execa';
import { ignoreError } from '../../os/debug/debug-log.js';
import { type BytePath, join, toBytePath, toText } from '../byte-path.js';
import { readIfThere } from './read-if-there.js';

/** More than enough, since git only reads a few small files. */
const TIMEOUT_MS = 10_000;

/** Paths that begin with another user's home or with git's installation folder, which only git can resolve. */
const OF_ANOTHER_PLACE = /^(?:~[^/]|%\(prefix\))/;

/** The settings of git that affect ignoring. */
export interface GitSettings {
  /** `core.ignoreCase`. */
  ignoreCase: boolean;
  /** `core.excludesFile`, absolute or relative to the working tree, or git's default for it; '' for none. */
  excludesFile: BytePath;
  /** The length of an object id in the index. */
  hashBytes: number;
}

/** The locations of a working tree, as reported by git. */
export interface GitAnswer {
  root: BytePath;
  gitDir: BytePath;
}

/**
 * Reads git's settings for a folder, by running git. If git is not installed or fails, the user's and the repository's
 * config files are read, without conditional includes.
 * @param gitDir the repository's git folder, if it is known
 */
export async function readGitSettings(
  folder: BytePath,
  gitDir: BytePath | undefined,
): Promise<{ answer: GitAnswer | undefined; settings: GitSettings }> {
  const [where, listed] = await Promise.all([
    git(folder, ['rev-parse', '--show-toplevel', '--absolute-git-dir']),
    git(folder, ['config', '--null', '--list', '--includes']),
  ]);
  const [root, dir] = where?.split('\n') ?? [];
  const answer = root?.startsWith('/') && dir?.startsWith('/') ? { root, gitDir: dir } : undefined;
  const values = listed === undefined ? await readFiles(gitDir) : parseList(listed);
  if (OF_ANOTHER_PLACE.test(values.get('core.excludesfile') ?? '')) {
    const path = await git(folder, ['config', '--type=path', '--get', 'core.excludesFile']);
    if (path !== undefined) values.set('core.excludesfile', path.replace(/\n$/, ''));
  }
  return { answer: answer as GitAnswer | undefined, settings: toSettings(values) };
}

function toSettings(values: ReadonlyMap<string, string>): GitSettings {
  const ignoreCase = values.get('core.ignorecase') ?? 'false';
  const excludes = values.get('core.excludesfile');
  const home = toBytePath(homedir());
  const configHome = process.env.XDG_CONFIG_HOME;
  return {
    ignoreCase: ['true', 'yes', 'on', '1', ''].includes(ignoreCase.toLowerCase()),
    excludesFile:
      excludes === undefined
        ? join(configHome ? toBytePath(configHome) : join(home, '.config'), 'git/ignore')
        : (excludes.replace(/^~(?=\/)/, home) as BytePath),
    hashBytes: values.get('extensions.objectformat') === 'sha256' ? 32 : 20,
  };
}

/**
 * Runs a git command in a folder.
 * @returns its output, one character per byte; undefined if git is missing, fails, or blocks, for example on an included
 * named pipe
 */
async function git(folder: BytePath, args: string[]): Promise<string | undefined> {
  const { failed, stdout } = await execa('git', args, {
    cwd: toText(folder),
    encoding: 'buffer',
    reject: false,
    stdin: 'ignore',
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  return failed ? undefined : Buffer.from(stdout).toString('latin1');
}

/** Parses `git config --null --list`: each entry is a key, a line feed and a value; a key alone means true. */
function parseList(text: string): Map<string, string> {
  const entries = text.split('\0').filter((entry) => entry !== '');
  return new Map(
    entries.map((entry) => {
      const end = entry.indexOf('\n');
      return end === -1 ? [entry, 'true'] : [entry.slice(0, end), entry.slice(end + 1)];
    }),
  );
}

/** Reads config files of git. The last one wins. */
async function readFiles(gitDir: BytePath | undefined): Promise<Map<string, string>> {
  const home = toBytePath(homedir());
  const configHome = process.env.XDG_CONFIG_HOME;
  const files = [
    toBytePath('/etc/gitconfig'),
    join(configHome ? toBytePath(configHome) : join(home, '.config'), 'git/config'),
    join(home, '.gitconfig'),
    ...(gitDir === undefined ? [] : [join(gitDir, 'config')]),
  ];
  const values = new Map<string, string>();
  for (const file of files) {
    // A missing file sets nothing.
    const text = await readIfThere(file).catch(ignoreError('watch', 'reading settings of git', ''));
    for (const [key, value] of parseConfig(text)) values.set(key, value);
  }
  return values;
}

/**
 * Parses keys in sections without a subsection, one per line. All settings needed here are written that way (git-config).
 */
function parseConfig(text: string): [string, string][] {
  let section = '';
  return text.split('\n').flatMap((line): [string, string][] => {
    const [, name, subsection] = /^\s*\[\s*([\w.-]+)(\s+".*")?\s*\]/.exec(line) ?? [];
    if (name !== undefined) section = subsection === undefined ? name.toLowerCase() : '';
    const [, key, value] = /^\s*([a-z][\w-]*)\s*(?:=\s*(.*?)\s*)?$/i.exec(line) ?? [];
    if (key === undefined || section === '') return [];
    return [[`${section}.${key.toLowerCase()}`, value === undefined ? 'true' : value.replace(/^"(.*)"$/, '$1')]];
  });
}
