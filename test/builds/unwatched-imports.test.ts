import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findUnwatchedImport } from '../../src/builds/unwatched-imports.js';
import type { ServiceConfig } from '../../src/config/service-config.js';
import { collectEvents, startServer, untilStatus } from '../support/dev-server.js';
import { makeProject } from '../support/project.js';
import { waitFor } from '../support/wait.js';
import { startWatching } from '../watch/watcher-support.js';

/** Makes git accept a folder as a repository. */
const GIT = { '.git/HEAD': 'ref: refs/heads/main', '.git/objects/info/.keep': '', '.git/refs/.keep': '' };

interface Case {
  /** Files of a repository with the service in `app`. */
  files: Record<string, string>;
  command?: string;
  build?: string;
  watch?: string[];
  ignore?: string[];
  /** Links in `app`, with their targets. */
  links?: Record<string, string>;
}

async function find({ files, command = 'node server.js', build, watch = ['.'], ignore = [], links = {} }: Case) {
  const repository = makeProject({ ...GIT, 'app/server.js': '', ...files });
  const cwd = join(repository, 'app');
  for (const [path, target] of Object.entries(links)) {
    mkdirSync(join(cwd, path, '..'), { recursive: true });
    symlinkSync(target, join(cwd, path));
  }
  const paths = watch.map((path) => join(cwd, path));
  const { watcher } = await startWatching(cwd, { paths, ignore });
  const service = {
    runtime: 'process',
    command,
    build,
    cwd,
    root: cwd,
    watch: paths,
  } as Partial<ServiceConfig> as ServiceConfig;
  const found = await findUnwatchedImport(service, (path) => watcher.misses(path));
  return (
    found && [found.isProgram ? 'runs' : 'imports', found.file, found.toWatch].map((text) => text.replace(cwd, ''))
  );
}

const SHARED = { 'shared/util.js': '', 'shared/package.json': '{ "name": "shared", "main": "util.js" }' };

describe('reports an unwatched', () => {
  test.each<[string, Case, string[]]>([
    ['import from a shared folder', { files: { ...SHARED, 'app/server.js': 'import "../shared/util.js"' } }, []],
    [
      'require from a shared folder',
      { files: { ...SHARED, 'app/server.js': 'const { a } = require("../shared/util")' } },
      [],
    ],
    [
      'require in a deeply nested module',
      { files: { ...SHARED, 'app/server.js': 'require("./a")', 'app/a.js': 'x(); require("../shared/util.js")' } },
      [],
    ],
    [
      'linked package',
      { files: { ...SHARED, 'app/server.js': "require('shared')" }, links: { 'node_modules/shared': '../../shared' } },
      [],
    ],
    [
      'file that git ignores',
      { files: { 'app/.gitignore': 'secret.js', 'app/secret.js': '', 'app/server.js': 'require("./secret")' } },
      ['imports', '/secret.js', '/secret.js'],
    ],
    [
      'program that a tool writes into an ignored folder',
      { files: { '.gitignore': 'dist', 'app/dist/main.js': '' }, command: 'node dist/main.js' },
      ['runs', '/dist/main.js', '/dist'],
    ],
    ['program outside of "watch"', { files: { 'app/src/a.js': '' }, watch: ['src'] }, ['runs', '/server.js', '']],
    [
      'module of Python',
      {
        files: { '.gitignore': 'gen', 'app/main.py': 'import gen.api', 'app/gen/api.py': 'x = 1' },
        command: 'python3 main.py',
      },
      ['imports', '/gen/api.py', '/gen'],
    ],
    [
      'import of a built program',
      {
        files: { ...SHARED, '.gitignore': 'dist', 'app/dist/a.js': 'import "../../shared/util.js"' },
        command: 'node dist/a.js',
        build: 'tsc',
      },
      [],
    ],
  ])('%s', async (_, options, expected) => {
    const found = await find(options);
    if (expected.length > 0) expect(found).toEqual(expected);
    else
      expect(found).toMatchObject([
        'imports',
        expect.stringMatching(/\/shared\/util\.js$/),
        expect.stringMatching(/\/shared$/),
      ]);
  });
});

describe('does not report', () => {
  test.each<[string, Case]>([
    [
      'a file behind a link',
      { files: { ...SHARED, 'app/server.js': 'require("./util")' }, links: { 'util.js': '../shared/util.js' } },
    ],
    [
      'a file in a linked folder',
      { files: { ...SHARED, 'app/server.js': 'require("./lib/util")' }, links: { lib: '../shared' } },
    ],
    [
      'a program that is a link',
      { files: { ...SHARED }, command: 'node main.js', links: { 'main.js': '../shared/util.js' } },
    ],
    [
      'a link named in "watch"',
      {
        files: { ...SHARED, 'app/server.js': 'require("./lib/util")' },
        links: { lib: '../shared' },
        watch: ['server.js', 'lib'],
      },
    ],
    [
      'watched files',
      { files: { 'app/server.js': 'import "./a.js"; require("./b")', 'app/a.js': '', 'app/b.js': '' } },
    ],
    [
      'an ignored file that git tracks or that "watch" names',
      { files: { '.gitignore': 'dist', 'app/dist/main.js': '' }, command: 'node dist/main.js', watch: ['dist'] },
    ],
    [
      'a file that "watch" names',
      {
        files: { '.gitignore': '*.gen.js', 'app/a.gen.js': '', 'app/server.js': 'require("./a.gen")' },
        watch: ['.', 'a.gen.js'],
      },
    ],
    [
      'a file excluded by "ignore"',
      { files: { 'app/data.js': '', 'app/server.js': 'require("./data")' }, ignore: ['data.js'] },
    ],
    ['installed packages', { files: { 'node_modules/x/index.js': '', 'app/server.js': 'require("x")' } }],
    ['missing files', { files: { 'app/server.js': 'require("../gone.js"); import "../gone.js"' } }],
    [
      'a require in a comment',
      { files: { ...SHARED, 'app/server.js': '// require("../shared/util")\n/*\n * require("../shared/util")\n */' } },
    ],
    [
      'results of the build',
      {
        files: { '.gitignore': 'dist', 'app/dist/a.js': 'import "./b.js"', 'app/dist/b.js': '' },
        command: 'node dist/a.js',
        build: 'tsc',
      },
    ],
    [
      'other kinds of commands',
      { files: { ...SHARED, 'app/server.js': 'require("../shared/util")' }, command: 'tsx server.js' },
    ],
  ])('%s', async (_, options) => {
    expect(await find(options)).toBeUndefined();
  });
});

test('nothing is reported once watching has ended with the dev server', async () => {
  const text = "require('node:http').createServer((_, response) => response.end()).listen(process.env.PORT)";
  const server = await startServer({ folder: makeProject({ 'server.cjs': text }), command: 'node server.cjs' });
  const reports = collectEvents(server, 'import-not-watched');
  await waitFor(() => server.parts.hotRebuild.watching, 'the watcher');
  await server.parts.hotRebuild.close();
  const { backend_id } = await server.connect({ key: 'doc-1' });
  await untilStatus(server, backend_id, 'ready');
  expect(reports).toEqual([]);
});
