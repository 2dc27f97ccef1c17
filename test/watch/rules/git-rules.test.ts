import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join, relative } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { toBytePath } from '../../../src/watch/byte-path.js';
import { readGitRules } from '../../../src/watch/rules/git-rules.js';
import { makeTempFolder } from '../../support/project.js';
import { filesLeftIn } from './walk.js';

/** Only the settings of a test must apply. */
beforeEach(() => {
  vi.stubEnv('HOME', makeTempFolder());
  vi.stubEnv('XDG_CONFIG_HOME', undefined);
  vi.stubEnv('GIT_CONFIG_NOSYSTEM', '1');
  for (const name of ['GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE']) vi.stubEnv(name, undefined);
  return () => vi.unstubAllEnvs();
});

function git(folder: string, args: string[], input = ''): string {
  const output = execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
    cwd: folder,
    input: Buffer.from(input, 'latin1'),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  return output.toString('latin1');
}

/**
 * The files that `git check-ignore` does not ignore, sorted. Without `--no-index` it treats paths as patterns to find
 * tracked ones, so that a file named `*` would match if any is tracked.
 */
function filesLeftByGit(folder: string, files: readonly string[]): string[] {
  const tracked = git(folder, ['ls-files', '-z']).split('\0');
  let ignored: string[] = [];
  try {
    ignored = git(folder, ['check-ignore', '--no-index', '--stdin', '-z'], files.join('\0')).split('\0');
  } catch (error) {
    // It exits with 1 when it ignores none of them.
    if ((error as { status: number }).status !== 1) throw error;
  }
  return files.filter((file) => tracked.includes(file) || !ignored.includes(file)).sort();
}

/** Writes files by path, one character per byte, and leaves out paths below a file. */
function writeTree(root: string, files: Record<string, string>): string[] {
  return Object.entries(files).flatMap(([name, text]) => {
    const path = Buffer.from(join(root, name), 'latin1');
    try {
      mkdirSync(Buffer.from(join(root, dirname(name)), 'latin1'), { recursive: true });
      writeFileSync(path, Buffer.from(text, 'latin1'));
    } catch {
      return [];
    }
    return [name];
  });
}

async function filesLeft(folder: string, below = ''): Promise<string[]> {
  return filesLeftIn(toBytePath(folder), (await readGitRules(toBytePath(folder))).rules, below);
}

/** Names that patterns must distinguish, some with invalid UTF-8. */
const name = fc.constantFrom(
  ...['a', 'b', 'A', 'ab', 'a.js', 'b.js', 'src', 'dist', 'a b', ' a', 'a ', '#a', '!a', '[a]', '*', 'a\\', 'a\nb'],
  ...['\xc3\xa9', '\xff', '.hidden', 'a~', '-', '{a}', '$a', '(a)', '^'],
);
const file = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'));
const piece = fc.constantFrom(
  ...['a', 'b', 'A', 'src', 'dist', '.js', '/', '/', '*', '**', '?', '[ab]', '[!a]', '[^a]', '[a-b]', '[[:alpha:]]'],
  ...[
    '\\',
    '\\*',
    '\\!',
    '\\#',
    '\\ ',
    ' ',
    '!',
    '#',
    '.',
    '[',
    ']',
    '**/',
    '/**',
    '/**/',
    '\xc3\xa9',
    '\xff',
    '$',
    '(',
    '{',
  ],
);
const line = fc
  .tuple(
    fc.constantFrom('', '', '!', '/'),
    fc.array(piece, { minLength: 1, maxLength: 4 }),
    fc.constantFrom('', '', '/', ' '),
  )
  .map(([start, pieces, end]) => `${start}${pieces.join('')}${end}`);
const rules = fc.array(line, { maxLength: 4 }).map((lines) => `${lines.join('\n')}\n`);
const repository = fc.record({
  files: fc.uniqueArray(file, { minLength: 1, maxLength: 14 }),
  tracked: fc.uniqueArray(file, { maxLength: 3 }),
  top: rules,
  nested: fc.array(
    fc.tuple(
      fc.array(name, { minLength: 1, maxLength: 2 }).map((names) => names.join('/')),
      rules,
    ),
    { maxLength: 2 },
  ),
  exclude: fc.option(rules),
  global: fc.option(rules),
  ignoreCase: fc.boolean(),
});
type Made = typeof repository extends fc.Arbitrary<infer T> ? T : never;

/** Makes the repository that a property describes, in a reused folder. @returns the files in it */
function makeRepository(root: string, made: Made): string[] {
  for (const entry of readdirSync(root, { encoding: 'buffer' })) {
    if (String(entry) !== '.git') rmSync(Buffer.concat([Buffer.from(`${root}/`), entry]), { recursive: true });
  }
  rmSync(join(root, '.git/index'), { force: true });
  const settings = `[core]\n\trepositoryformatversion = 0\n\tignoreCase = ${made.ignoreCase}\n`;
  const exclude = Buffer.from(made.exclude ?? '', 'latin1');
  writeFileSync(join(root, '.git/config'), settings);
  writeFileSync(join(root, '.git/info/exclude'), exclude);
  writeFileSync(join(process.env.HOME ?? '', '.config/git/ignore'), Buffer.from(made.global ?? '', 'latin1'));
  const tracked = writeTree(root, Object.fromEntries(made.tracked.map((path) => [path, ''])));
  if (tracked.length > 0) git(root, ['update-index', '--add', '-z', '--stdin'], tracked.join('\0'));
  const ignoreFiles = made.nested.map(([folder, text]): [string, string] => [`${folder}/.gitignore`, text]);
  const files = [...made.files.map((path): [string, string] => [path, '']), ['.gitignore', made.top], ...ignoreFiles];
  return [...new Set([...tracked, ...writeTree(root, Object.fromEntries(files))])];
}

/** Compares the remaining files in many repositories and in each remaining folder. */
async function compareMany(numRuns: number, path: string): Promise<void> {
  const root = join(process.env.HOME ?? '', 'repository');
  mkdirSync(root);
  git(root, ['init', '--quiet']);
  mkdirSync(join(process.env.HOME ?? '', '.config/git'), { recursive: true });
  let ignored = 0;
  const property = fc.asyncProperty(repository, async (made) => {
    vi.stubEnv('PATH', PATH);
    const files = makeRepository(root, made);
    const expected = filesLeftByGit(root, files);
    ignored += files.length - expected.length;
    vi.stubEnv('PATH', path);
    expect(await filesLeft(root)).toEqual(expected);
    const below = expected.find((each) => each.includes('/') && !/[\x80-\xff]/.test(each))?.split('/')[0];
    if (below === undefined) return;
    const { rules, isIgnored } = await readGitRules(toBytePath(join(root, below)));
    if (isIgnored) return;
    const inside = await filesLeftIn(toBytePath(join(root, below)), rules, `${below}/`);
    expect(inside).toEqual(expected.filter((each) => each.startsWith(`${below}/`)));
  });
  await fc.assert(property, { numRuns, seed: SEED });
  // The comparison means something only if rules match something.
  expect(ignored).toBeGreaterThan(numRuns / 2);
}

const PATH = process.env.PATH ?? '';
/** The same cases each time, so that a failure comes from the change under test; other seeds are for manual runs. */
const RUNS = Number(process.env.JAMDEV_PROPERTY_RUNS ?? 60);
const SEED = Number(process.env.JAMDEV_PROPERTY_SEED ?? 1);

describe('ignored files are those of git check-ignore', () => {
  test('in any tree with any rules', () => compareMany(RUNS, PATH), 120_000);

  test('for every pattern of up to four pieces', async () => {
    const root = join(process.env.HOME ?? '', 'repository');
    mkdirSync(root);
    git(root, ['init', '--quiet']);
    const pieces = ['a', '*', '**', '/'];
    let patterns = [''];
    const all: string[] = [];
    for (let length = 1; length <= 4; length += 1) {
      patterns = patterns.flatMap((pattern) => pieces.map((piece) => pattern + piece));
      // Trailing spaces are ignored.
      all.push(...patterns, ...patterns.map((pattern) => `${pattern} `));
    }
    const inFolder = ['a', 'ab', 'b/a', 'b/b/a', 'ba/b', 'bb/a/b'];
    const files = writeTree(
      root,
      Object.fromEntries(
        all.flatMap((pattern, index) => [
          [`${index}/.gitignore`, `${pattern}\n`],
          ...inFolder.map((name): [string, string] => [`${index}/${name}`, '']),
        ]),
      ),
    );
    const left = new Set(await filesLeft(root));
    const expected = new Set(filesLeftByGit(root, files));
    const patternOf = (path: string) => `${all[Number(path.split('/')[0])]}: ${path.replace(/^\d+\//, '')}`;
    expect(files.filter((path) => left.has(path) !== expected.has(path)).map(patternOf)).toEqual([]);
    expect(expected.size).toBeLessThan(files.length);
  });

  test('even if git is not installed', () => compareMany(RUNS / 2, '/nowhere'), 120_000);
});

/** Features of git that trees and rules alone don't cover. Each makes a repository and lists its remaining files. */
const CASES: [what: string, make: (root: string) => string | undefined, left: string[]][] = [
  [
    'a worktree whose .git is a file, with its own index and the shared info/exclude',
    (root) => {
      git(root, ['init', '--quiet', 'main']);
      writeTree(root, { 'main/.gitignore': '*.log\n', 'main/kept.log': '', 'main/.git/info/exclude': 'private\n' });
      git(join(root, 'main'), ['add', '-f', '.']);
      git(join(root, 'main'), ['commit', '--quiet', '-m', 'x']);
      git(join(root, 'main'), ['worktree', 'add', '--quiet', '../tree']);
      writeTree(root, { 'tree/a.log': '', 'tree/private': '', 'tree/a.js': '' });
      return 'tree';
    },
    ['.gitignore', 'a.js', 'kept.log'],
  ],
  [
    'a submodule or a nested clone, which has its own rules only',
    (root) => {
      git(root, ['init', '--quiet']);
      git(root, ['init', '--quiet', 'inner']);
      writeTree(root, {
        '.gitignore': '*.js\n',
        'a.js': '',
        'inner/.gitignore': '*.ts\n',
        'inner/a.js': '',
        'inner/a.ts': '',
      });
      return undefined;
    },
    ['.gitignore', 'inner/.gitignore', 'inner/a.js'],
  ],
  [
    '.gitignore files without a repository',
    (root) => {
      writeTree(root, { '.gitignore': 'up.js\n', 'p/.gitignore': '*.log\n', 'p/a.log': '', 'p/up.js': '' });
      return 'p';
    },
    ['.gitignore', 'up.js'],
  ],
  [
    'an empty .git, which is not a repository',
    (root) => {
      mkdirSync(join(root, '.git'));
      writeTree(root, { '.gitignore': '*.log\n', 'a.log': '', 'a.js': '' });
      return undefined;
    },
    ['.gitignore', 'a.js'],
  ],
  [
    'core.excludesFile of an included configuration',
    (root) => {
      git(root, ['init', '--quiet']);
      writeTree(process.env.HOME ?? '', {
        '.gitconfig': '[include]\n\tpath = more\n',
        more: '[core]\n\texcludesFile = ~/mine\n',
        mine: 'a.js\n',
      });
      writeTree(root, { 'a.js': '', 'b.js': '' });
      return undefined;
    },
    ['b.js'],
  ],
  [
    'core.excludesFile relative to the working tree, whatever folder is watched',
    (root) => {
      git(root, ['init', '--quiet']);
      git(root, ['config', 'core.excludesFile', 'mine']);
      writeTree(root, { mine: 'a.js\n', 'in/mine': 'b.js\n', 'in/a.js': '', 'in/b.js': '' });
      return 'in';
    },
    ['b.js', 'mine'],
  ],
  [
    'core.excludesFile in the home of a named user',
    (root) => {
      git(root, ['init', '--quiet']);
      // Relative to a home that may not exist.
      const { username } = userInfo();
      git(root, ['config', 'core.excludesFile', `~${username}/${relative(userInfo().homedir, join(root, 'mine'))}`]);
      writeTree(root, { mine: '*.log\n', 'a.log': '', 'a.js': '' });
      return undefined;
    },
    ['a.js', 'mine'],
  ],
  [
    'a .gitignore that is a link, which git does not follow, and an info/exclude that is a link, which it follows',
    (root) => {
      git(root, ['init', '--quiet']);
      writeTree(root, { rules: '*.log\n', more: '*.tmp\n', 'in/a.log': '', 'in/a.tmp': '' });
      symlinkSync('../rules', join(root, 'in/.gitignore'));
      symlinkSync('rules', join(root, '.gitignore'));
      rmSync(join(root, '.git/info/exclude'), { force: true });
      symlinkSync('../../more', join(root, '.git/info/exclude'));
      return 'in';
    },
    ['.gitignore', 'a.log'],
  ],
  [
    'a subfolder that only looks like a repository',
    (root) => {
      git(root, ['init', '--quiet']);
      writeTree(root, { '.gitignore': '*.log\n', 'in/.git/HEAD': 'ref: x\n', 'in/a.log': '', 'in/a.js': '' });
      return undefined;
    },
    ['.gitignore', 'in/a.js'],
  ],
  [
    'lines that are not valid patterns or contain a zero byte',
    (root) => {
      git(root, ['init', '--quiet']);
      const lines = [
        'x'.repeat(100_000),
        '*a'.repeat(20_000),
        '[',
        '[z-a]',
        `!${'['.repeat(5_000)}`,
        'a.t\0mp',
        '*.log',
      ];
      writeTree(root, { '.gitignore': lines.join('\n'), 'a.log': '', 'a.t': '', 'a.tmp': '', '[': '' });
      return undefined;
    },
    ['.gitignore', '[', 'a.tmp'],
  ],
  [
    'a byte order mark, CRLF and a missing final newline',
    (root) => {
      git(root, ['init', '--quiet']);
      writeTree(root, { '.gitignore': '\xef\xbb\xbfa.js\r\nb.js', 'a.js': '', 'b.js': '', 'a.js\r': '' });
      return undefined;
    },
    ['.gitignore', 'a.js\r'],
  ],
  [
    'an index of version 4, and a split one',
    (root) => {
      git(root, ['init', '--quiet']);
      writeTree(root, { '.gitignore': '*\n', 'deep/er/a.js': '', 'deep/er/ab.js': '', 'deep/x.js': '', 'no.js': '' });
      git(root, ['update-index', '--index-version', '4', '--add', 'deep/er/a.js', 'deep/er/ab.js']);
      git(root, ['update-index', '--split-index']);
      git(root, ['update-index', '--add', 'deep/x.js']);
      return undefined;
    },
    ['deep/er/a.js', 'deep/er/ab.js', 'deep/x.js'],
  ],
  [
    'a repository that uses SHA-256',
    (root) => {
      git(root, ['init', '--quiet', '--object-format=sha256']);
      writeTree(root, { '.gitignore': '*\n', 'a.js': '', 'b.js': '' });
      git(root, ['add', '-f', 'a.js']);
      return undefined;
    },
    ['a.js'],
  ],
  [
    'core.worktree, which puts the files elsewhere',
    (root) => {
      git(root, ['init', '--quiet', 'repository']);
      mkdirSync(join(root, 'files'));
      git(join(root, 'repository'), ['config', 'core.worktree', join(root, 'files')]);
      writeTree(root, { 'repository/.git/info/exclude': '*.log\n', 'files/a.log': '', 'files/a.js': '' });
      vi.stubEnv('GIT_DIR', join(root, 'repository/.git'));
      return 'files';
    },
    ['a.js'],
  ],
];

describe('supports a repository with', () => {
  test.each(CASES)('%s', async (_what, make, left) => {
    const root = makeTempFolder();
    const folder = join(root, make(root) ?? '.');
    expect(await filesLeft(folder)).toEqual(left);
  });
});

describe('a folder that git ignores', () => {
  test('has only its own rules, none from above', async () => {
    const root = makeTempFolder();
    git(root, ['init', '--quiet']);
    writeTree(root, {
      '.gitignore': 'scratch/\n*.log\n',
      'scratch/app/.gitignore': '*.tmp\n',
      'scratch/app/a.log': '',
      'scratch/app/a.tmp': '',
      'scratch/app/a.js': '',
    });
    const { rules, isIgnored } = await readGitRules(toBytePath(join(root, 'scratch/app')));
    expect(isIgnored).toBe(true);
    expect(await filesLeftIn(toBytePath(join(root, 'scratch/app')), rules)).toEqual(['.gitignore', 'a.js', 'a.log']);
  });
});
