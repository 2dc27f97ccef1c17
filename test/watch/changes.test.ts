import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeProject } from '../support/project.js';
import { startWatching } from './watcher-support.js';

const FILES = { 'server.js': 'one', 'src/a.js': 'a', 'src/deep/b.js': 'b', 'other.js': '' };

/** What a person or a tool does in a project with FILES, and the changes that follow. */
type Case = [what: string, act: (path: (name: string) => string) => unknown, changes: string[]];

const SINGLE: Case[] = [
  ['written', (path) => writeFileSync(path('server.js'), 'two'), ['content server.js']],
  ['appended to', (path) => appendFileSync(path('server.js'), 'x'), ['content server.js']],
  ['emptied', (path) => truncateSync(path('server.js')), ['content server.js']],
  ['made', (path) => writeFileSync(path('new.js'), ''), ['created new.js']],
  ['deleted', (path) => unlinkSync(path('server.js')), ['deleted server.js']],
  ['renamed', (path) => renameSync(path('server.js'), path('b.js')), ['created b.js', 'deleted server.js']],
  ['linked', (path) => linkSync(path('server.js'), path('b.js')), ['created b.js']],
  ['made executable', (path) => chmodSync(path('server.js'), 0o755), ['executable bit server.js']],
  [
    'replaced by a folder',
    (path) => {
      unlinkSync(path('server.js'));
      mkdirSync(path('server.js'));
      writeFileSync(path('server.js/index.js'), '');
    },
    ['created server.js/index.js', 'deleted server.js'],
  ],
  [
    'replaced by a link to the same content',
    (path) => {
      renameSync(path('server.js'), path('other.js'));
      symlinkSync('other.js', path('server.js'));
    },
    ['content other.js', 'kind server.js'],
  ],
  [
    'replaced by a named pipe',
    (path) => {
      unlinkSync(path('other.js'));
      execFileSync('mkfifo', [path('other.js')]);
    },
    ['kind other.js'],
  ],
  [
    'replaced by another of the same age',
    (path) => {
      const [from, to] = [path('tmp'), path('server.js')];
      writeFileSync(from, 'two');
      execFileSync('touch', ['-r', to, from]);
      renameSync(from, to);
    },
    ['content server.js'],
  ],
];

const NOTHING: Case[] = [
  ['touched', (path) => utimesSync(path('server.js'), 1, 1), []],
  ['saved unchanged', (path) => writeFileSync(path('server.js'), 'one'), []],
  ['given another mode that is not executable', (path) => chmodSync(path('server.js'), 0o600), []],
  [
    'replaced by an identical file',
    (path) => {
      writeFileSync(path('tmp'), 'one');
      renameSync(path('tmp'), path('server.js'));
    },
    [],
  ],
  [
    'deleted and created again',
    (path) => {
      unlinkSync(path('server.js'));
      writeFileSync(path('server.js'), 'one');
    },
    [],
  ],
  [
    'changed and changed back',
    (path) => {
      writeFileSync(path('server.js'), 'x');
      writeFileSync(path('server.js'), 'one');
    },
    [],
  ],
  [
    'created and deleted',
    (path) => {
      writeFileSync(path('x.js'), '');
      unlinkSync(path('x.js'));
    },
    [],
  ],
  ['read', (path) => readFileSync(path('server.js')), []],
  ['created empty', (path) => mkdirSync(path('empty')), []],
];

const FOLDERS: Case[] = [
  [
    'created with nested content',
    (path) => {
      mkdirSync(path('x/y/z'), { recursive: true });
      writeFileSync(path('x/y/z/c.js'), '');
      writeFileSync(path('x/c.js'), '');
    },
    ['created x/c.js', 'created x/y/z/c.js'],
  ],
  ['deleted', (path) => rmSync(path('src'), { recursive: true }), ['deleted src/a.js', 'deleted src/deep/b.js']],
  [
    'renamed',
    (path) => renameSync(path('src'), path('lib')),
    ['created lib/a.js', 'created lib/deep/b.js', 'deleted src/a.js', 'deleted src/deep/b.js'],
  ],
  [
    'deleted and created again with one file changed',
    (path) => {
      rmSync(path('src'), { recursive: true });
      mkdirSync(path('src/deep'), { recursive: true });
      writeFileSync(path('src/a.js'), 'a');
      writeFileSync(path('src/deep/b.js'), 'changed');
    },
    ['content src/deep/b.js'],
  ],
  [
    'swapped with another one by renames',
    (path) => {
      mkdirSync(path('next/deep'), { recursive: true });
      writeFileSync(path('next/a.js'), 'a');
      writeFileSync(path('next/deep/c.js'), '');
      renameSync(path('src'), `${path('..')}/old`);
      renameSync(path('next'), path('src'));
    },
    ['created src/deep/c.js', 'deleted src/deep/b.js'],
  ],
  [
    'replaced by a file',
    (path) => {
      rmSync(path('src'), { recursive: true });
      writeFileSync(path('src'), '');
    },
    ['deleted src/a.js', 'deleted src/deep/b.js', 'kind src'],
  ],
  [
    'replaced by a link to it',
    (path) => {
      renameSync(path('src'), path('lib'));
      symlinkSync('lib', path('src'));
    },
    ['created lib/a.js', 'created lib/deep/b.js', 'deleted src/a.js', 'deleted src/deep/b.js', 'kind src'],
  ],
  [
    'copied',
    (path) => {
      mkdirSync(path('copy'));
      copyFileSync(path('src/a.js'), path('copy/a.js'));
    },
    ['created copy/a.js'],
  ],
];

/** A project in a folder of its own, so that files can be moved out of it. */
async function startProject() {
  const outer = makeProject(Object.fromEntries(Object.entries(FILES).map(([name, text]) => [`project/${name}`, text])));
  const root = join(outer, 'project');
  const { batchesOf } = await startWatching(root);
  const path = (name: string) => join(root, name);
  return { path, batchesOf, run: (act: Case[1]) => batchesOf(() => act(path)) };
}

async function run(act: Case[1]): Promise<string[][]> {
  return (await startProject()).run(act);
}

describe('a file is', () => {
  test.each(SINGLE)('%s: one change', async (_what, act, changes) => {
    expect(await run(act)).toEqual([changes]);
  });

  test.each(NOTHING)('%s: no change', async (_what, act) => {
    expect(await run(act)).toEqual([]);
  });
});

describe('a folder is', () => {
  test.each(FOLDERS)('%s: one change', async (_what, act, changes) => {
    expect(await run(act)).toEqual([changes]);
  });

  test.each(FOLDERS)('%s, and later changes in it are noticed', async (_what, act) => {
    const { path, batchesOf } = await startProject();
    await batchesOf(() => act(path));
    for (const name of ['src/deep/b.js', 'lib/deep/b.js', 'x/y/z/c.js', 'copy/a.js']) {
      try {
        readFileSync(path(name));
      } catch {
        continue;
      }
      expect((await batchesOf(() => appendFileSync(path(name), 'again'))).flat()).toHaveLength(1);
    }
  });
});
