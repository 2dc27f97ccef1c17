import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { isIgnoredByDefault } from '../../src/watch/rules/default-ignores.js';
import type { WatchRequest } from '../../src/watch/watch-request.js';
import { makeProject, makeTempFolder } from '../support/project.js';
import { startWatching } from './watcher-support.js';

beforeEach(() => {
  vi.stubEnv('HOME', makeTempFolder());
  vi.stubEnv('XDG_CONFIG_HOME', undefined);
  return () => vi.unstubAllEnvs();
});

type Place = (name: string) => string;
/** A file whose change counts or does not. */
type Case = [what: string, request: (place: Place) => Partial<WatchRequest>, counts: string[], ignored: string[]];

const FILES = [
  ...['app/server.js', 'app/.env', 'app/jamdev.config.json', 'app/dist/out.js', 'app/dist/node_modules/x.js'],
  ...['app/node_modules/pkg/index.js', 'app/node_modules/pkg/node_modules/y.js', 'app/node_modules/other.js'],
  ...['app/secret.txt', 'app/docs/a.md', 'app/Dockerfile', 'app/a.log', 'app/coverage/x.js'],
  ...['docker/Dockerfile', 'shared/a.js', 'shared/generated/b.js', 'shared/.idea/x.xml', 'shared/node_modules/z.js'],
];

const CASES: Case[] = [
  [
    'child processes: git’s rules and the defaults, not Docker’s',
    () => ({}),
    ['app/server.js', 'app/secret.txt', 'app/docs/a.md', 'app/coverage/x.js', 'app/Dockerfile'],
    ['app/.env', 'app/dist/out.js', 'app/a.log', 'app/node_modules/other.js', 'shared/a.js'],
  ],
  [
    'containers: Docker’s rules and the defaults, not git’s, and always the Dockerfile',
    (place) => ({ kind: 'container', dockerfile: place('app/Dockerfile') }),
    ['app/server.js', 'app/a.log', 'app/dist/out.js', 'app/Dockerfile', 'app/.dockerignore', 'app/.env'],
    ['app/secret.txt', 'app/docs/a.md', 'app/node_modules/other.js'],
  ],
  [
    'containers: a Dockerfile outside of the context',
    (place) => ({ kind: 'container', dockerfile: place('docker/Dockerfile') }),
    ['docker/Dockerfile', 'app/.dockerignore'],
    ['app/Dockerfile'],
  ],
  [
    'env files and the config, even if they are ignored',
    (place) => ({ files: [place('app/.env'), place('app/a.log')] }),
    ['app/.env', 'app/a.log'],
    ['app/dist/out.js'],
  ],
  [
    'a named folder that git ignores, with everything in it except the defaults',
    (place) => ({ paths: [place('app/dist')] }),
    ['app/dist/out.js'],
    ['app/dist/node_modules/x.js', 'app/server.js'],
  ],
  [
    'a named file that is ignored',
    (place) => ({ paths: [place('app'), place('app/a.log')] }),
    ['app/a.log', 'app/server.js'],
    ['app/.env'],
  ],
  [
    'a named folder inside node_modules',
    (place) => ({ paths: [place('app'), place('app/node_modules/pkg')] }),
    ['app/node_modules/pkg/index.js', 'app/server.js'],
    ['app/node_modules/pkg/node_modules/y.js', 'app/node_modules/other.js'],
  ],
  [
    'a named folder that Docker excludes',
    (place) => ({ kind: 'container', dockerfile: place('app/Dockerfile'), paths: [place('app'), place('app/docs')] }),
    ['app/docs/a.md', 'app/server.js'],
    ['app/secret.txt'],
  ],
  [
    'a folder outside of the project, with its own rules and the defaults',
    (place) => ({ paths: [place('app'), place('shared')] }),
    ['shared/a.js'],
    ['shared/generated/b.js', 'shared/.idea/x.xml', 'shared/node_modules/z.js'],
  ],
  [
    '"ignore", which overrides everything that was named',
    (place) => ({
      files: [place('app/.env')],
      paths: [place('app'), place('app/dist'), place('shared')],
      ignore: ['.env', 'dist/', '*.md', '/server.js', '../shared/a.js'],
    }),
    ['app/secret.txt', 'app/coverage/x.js'],
    ['app/.env', 'app/dist/out.js', 'app/docs/a.md', 'app/server.js', 'shared/a.js'],
  ],
  [
    '"ignore" with exceptions from git’s rules and the defaults',
    () => ({ ignore: ['!*.log', '!dist', '!node_modules', 'node_modules/*', '!node_modules/other.js'] }),
    ['app/a.log', 'app/dist/out.js', 'app/node_modules/other.js'],
    ['app/node_modules/pkg/index.js'],
  ],
];

function makePlace(): Place {
  const root = makeProject(Object.fromEntries(FILES.map((name) => [name, ''])));
  writeFileSync(join(root, '.gitignore'), 'generated/\n');
  writeFileSync(join(root, 'app/.gitignore'), 'dist/\n*.log\n.env\nnode_modules\n');
  writeFileSync(join(root, 'app/.dockerignore'), 'Dockerfile\n.dockerignore\nsecret.txt\ndocs\n');
  execFileSync('git', ['init', '--quiet', root]);
  return (name) => join(root, name);
}

describe('the watched files with', () => {
  test.each(CASES)('%s', async (_what, request, counts, ignored) => {
    const place = makePlace();
    const { changes, changesOf } = await startWatching(place('app'), request(place));
    await changesOf(() => {
      for (const name of [...counts, ...ignored]) appendFileSync(place(name), 'x');
    });
    expect(changes.map(({ absolute }) => absolute).sort()).toEqual(counts.map(place).sort());
  });
});

describe('never watched are', () => {
  const NAMES = [
    ...['.git', '.jamdev', 'node_modules', '__pycache__', 'a.pyc', '.venv', '.DS_Store', '.idea', '.vscode', '.turbo'],
    ...['.pytest_cache', '.nfs000000000012', '.server.js.swp', '.server.js.swo', '.swp', 'server.js~', '4913'],
    ...['#server.js#', '.#server.js', 'a.js___jb_tmp___', 'a.js___jb_old___', '.a.js.kate-swp', '.~lock.a.odt#'],
    ...['lu4711abc.tmp', '.goutputstream-ABC', '.a.js.un~', 'jamdev-sdk-4711-aB3xYz', 'jamdev-pipes-4026531836-aB3xYz'],
  ];
  test.each(NAMES)('%s', (name) => expect(isIgnoredByDefault(name, 'src')).toBe(true));

  test('.next/cache is not watched, but other folders of that name are', () => {
    expect(isIgnoredByDefault('cache', '.next')).toBe(true);
    expect(isIgnoredByDefault('cache', 'src')).toBe(false);
  });

  const CODE = [
    'coverage',
    'cache.js',
    '.env',
    '.github',
    '.logo.svg',
    '_seed.sql',
    'swap.js',
    '.swc',
    'a.sw',
    'git',
    'x.swf',
    '#a',
    'lu.js',
  ];
  test.each(CODE)('%s is watched', (name) => expect(isIgnoredByDefault(name, 'src')).toBe(false));
});

/** Ignore files that change while watched, with how to make src/a.js ignored and no longer ignored. */
const FOLLOWED: [
  what: string,
  request: Partial<WatchRequest>,
  ignore: (root: string) => void,
  unignore: (root: string) => void,
][] = [
  [
    '.gitignore of the project',
    {},
    (root) => writeFileSync(join(root, '.gitignore'), 'a.js\n'),
    (root) => writeFileSync(join(root, '.gitignore'), ''),
  ],
  [
    '.gitignore of a folder',
    {},
    (root) => writeFileSync(join(root, 'src/.gitignore'), '*.js\n'),
    (root) => unlinkSync(join(root, 'src/.gitignore')),
  ],
  [
    '.gitignore of a folder above',
    {},
    (root) => writeFileSync(join(root, '../.gitignore'), 'src\n'),
    (root) => writeFileSync(join(root, '../.gitignore'), ''),
  ],
  [
    '.git/info/exclude',
    {},
    (root) => writeFileSync(join(root, '../.git/info/exclude'), 'src/\n'),
    (root) => writeFileSync(join(root, '../.git/info/exclude'), ''),
  ],
  [
    'the user’s own excludes, previously missing',
    {},
    (root) => {
      mkdirSync(join(process.env.HOME ?? '', '.config/git'), { recursive: true });
      writeFileSync(join(process.env.HOME ?? '', '.config/git/ignore'), 'a.js\n');
      void root;
    },
    () => rmSync(join(process.env.HOME ?? '', '.config'), { recursive: true }),
  ],
  [
    'the tracked files of git',
    {},
    (root) => {
      writeFileSync(join(root, '.gitignore'), 'src\n');
    },
    (root) => execFileSync('git', ['-C', root, 'add', '-f', 'src/a.js']),
  ],
  [
    '.dockerignore',
    { kind: 'container' },
    (root) => writeFileSync(join(root, '.dockerignore'), 'src\n'),
    (root) => writeFileSync(join(root, '.dockerignore'), 'src\n!src/a.js\n'),
  ],
];

describe('changes take effect at once in', () => {
  test.each(FOLLOWED)('%s', async (_what, request, ignore, unignore) => {
    const outer = makeProject({ 'app/src/a.js': '', 'app/server.js': '' });
    execFileSync('git', ['init', '--quiet', outer]);
    const root = join(outer, 'app');
    const { changesOf } = await startWatching(root, request);
    const change = () => changesOf(() => appendFileSync(join(root, 'src/a.js'), 'x'));
    expect(await change()).toEqual(['content src/a.js']);
    await changesOf(() => ignore(root));
    expect(await change()).toEqual([]);
    // A file that is no longer ignored is only watched again: the rules changed, not the file.
    expect(await changesOf(() => unignore(root))).not.toContain('created src/a.js');
    expect(await change()).toEqual(['content src/a.js']);
  });
});

describe('a named path counts from its creation:', () => {
  const LATER: [
    what: string,
    request: (root: string) => Partial<WatchRequest>,
    make: (root: string) => void,
    file: string,
  ][] = [
    [
      'an env file',
      (root) => ({ files: [join(root, '.env')] }),
      (root) => writeFileSync(join(root, '.env'), ''),
      '.env',
    ],
    [
      'an env file in a missing folder',
      (root) => ({ files: [join(root, 'x/y/.env')] }),
      (root) => writeDeep(root, 'x/y/.env'),
      'x/y/.env',
    ],
    [
      'a folder that a build creates',
      (root) => ({ paths: [join(root, 'dist/app')] }),
      (root) => writeDeep(root, 'dist/app/a.js'),
      'dist/app/a.js',
    ],
    [
      'a folder behind a dangling link',
      (root) => ({ paths: [join(root, 'current/src')] }),
      (root) => {
        writeDeep(root, 'releases/1/src/a.js');
        symlinkSync('releases/1', join(root, 'current'));
      },
      'current/src/a.js',
    ],
    ['the project folder itself', (root) => ({ paths: [root] }), (root) => writeDeep(root, 'again.js'), 'again.js'],
  ];
  const writeDeep = (root: string, name: string) => {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), '');
  };

  test.each(LATER)('%s', async (what, request, make, file) => {
    const outer = makeProject({ 'app/.gitignore': '.env\ndist\nreleases\ncurrent\nx\n' });
    const root = join(outer, 'app');
    execFileSync('git', ['init', '--quiet', outer]);
    const { changesOf } = await startWatching(root, request(root));
    if (what === 'the project folder itself')
      await changesOf(() => renameSync(root, `${root}.old`)).catch(() => undefined);
    expect(await changesOf(() => make(root))).toContain(`created ${file}`);
    expect(await changesOf(() => appendFileSync(join(root, file), 'x'))).toEqual([`content ${file}`]);
    await changesOf(() =>
      rmSync(dirname(join(root, file)) === root ? join(root, file) : dirname(join(root, file)), { recursive: true }),
    );
    expect(await changesOf(() => make2(root, make, file))).toContain(`created ${file}`);
  });
  const make2 = (root: string, _make: unknown, file: string) => writeDeep(root, file);
});

test('a project that git ignores is watched with its own rules, and that is reported once', async () => {
  const outer = makeProject({
    '.gitignore': 'scratch\n*.js\n',
    'scratch/app/.gitignore': '*.log\n',
    'scratch/app/a.js': '',
    'scratch/app/a.log': '',
  });
  execFileSync('git', ['init', '--quiet', outer]);
  const root = join(outer, 'scratch/app');
  const { problems, changesOf } = await startWatching(root);
  expect(problems).toEqual([
    `Git ignores the whole folder ${root}, so ignore rules from the folders above it are not applied.`,
  ]);
  const changes = await changesOf(() => {
    for (const name of ['a.js', 'a.log']) appendFileSync(join(root, name), 'x');
  });
  expect(changes).toEqual(['content a.js']);
  await changesOf(() => appendFileSync(join(root, '.gitignore'), 'b.js\n'));
  expect(problems).toHaveLength(1);
});

test('a repository created later brings its own excludes', async () => {
  const root = makeProject({ 'a.js': '', 'b.js': '' });
  const { changesOf } = await startWatching(root);
  await changesOf(() => {
    execFileSync('git', ['init', '--quiet', root]);
    writeFileSync(join(root, '.git/info/exclude'), 'a.js\n');
  });
  const changes = await changesOf(() => {
    for (const name of ['a.js', 'b.js']) appendFileSync(join(root, name), 'x');
  });
  expect(changes).toEqual(['content b.js']);
});
