import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkChange, findDefaultCheck } from '../../src/builds/default-check.js';
import { makeProject } from '../support/project.js';

const NEVER = new AbortController().signal;
const BROKEN = 'function (';

describe('a check is found for', () => {
  test.each([
    ['node server.js', 'node', 'server.js'],
    ['node --enable-source-maps src/server.mjs --port 1', 'node', 'src/server.mjs'],
    ['/usr/bin/node --import=./setup.js server.cjs', 'node', 'server.cjs'],
    ['python3 -u main.py', 'python', 'main.py'],
    ['python3.12 app/main.py', 'python', 'app/main.py'],
  ])('%s', (command, language, entry) => {
    const check = findDefaultCheck({ command, build: undefined, cwd: '/project' });
    expect(check).toMatchObject({ language, entry: join('/project', entry) });
  });
});

describe('no check is guessed for', () => {
  test.each([
    'npm start',
    'node -e server.js',
    'node --require ./setup.js server.js',
    'node -r ./setup.js server.js',
    'node server.ts',
    'node .',
    'node server',
    'tsx server.js',
    'node --check a.js && node a.js',
    'NODE_ENV=test node server.js',
    'python3 -m app.py',
    'python3 -c x.py',
    'ruby server.rb',
    'node',
  ])('%s', (command) => {
    expect(findDefaultCheck({ command, build: undefined, cwd: '/project' })).toBeUndefined();
  });

  test('a service with a build of its own', () => {
    expect(findDefaultCheck({ command: 'node server.js', build: 'tsc', cwd: '/project' })).toBeUndefined();
  });
});

/** Checks a changed file of a project with the check for its command. */
async function check(
  files: Record<string, string>,
  changed: string[],
  command = 'node server.js',
  loaded: string[] = [],
) {
  const cwd = makeProject(files);
  const found = findDefaultCheck({ command, build: undefined, cwd });
  if (found === undefined) throw new Error('no check');
  const absolute = (names: string[]) => names.map((name) => join(cwd, name));
  const bad = await checkChange(found, absolute(changed), new Set(absolute(loaded)), { cwd, env: {} }, NEVER);
  return { bad: bad && { ...bad, path: bad.path.slice(cwd.length + 1) }, cwd };
}

describe('a change of a Node.js program', () => {
  test('passes when everything the program loads can be parsed', async () => {
    expect((await check({ 'server.js': 'const a = 1' }, ['server.js'])).bad).toBeUndefined();
  });

  test('fails when the entry file is broken, whichever other file changed', async () => {
    const { bad } = await check({ 'server.js': BROKEN, 'a.txt': '' }, ['a.txt']);
    expect(bad).toMatchObject({ path: 'server.js' });
    expect(bad?.lines.join('\n')).toContain('SyntaxError');
  });

  test('fails for a file that a running backend has loaded', async () => {
    const files = { 'server.js': 'require("./" + "lib")', 'lib.js': BROKEN };
    expect((await check(files, ['lib.js'], 'node server.js', ['lib.js'])).bad).toMatchObject({ path: 'lib.js' });
  });

  test('fails for a module that is imported directly or indirectly', async () => {
    const files = {
      'server.mjs': 'import "./a.mjs"',
      'a.mjs': 'export { b } from "./lib/b.mjs"; await 1',
      'lib/b.mjs': BROKEN,
    };
    expect((await check(files, ['lib/b.mjs'], 'node server.mjs')).bad).toMatchObject({ path: 'lib/b.mjs' });
  });

  test.each<[string, string, string[]]>([
    ['imported', 'import a from "./lib/a.json" with { type: "json" };', []],
    ['required', 'require("./lib/a" + ".json");', ['lib/a.json']],
  ])('fails for broken JSON that is %s, and passes when that is fixed', async (_, code, loaded) => {
    const bad = async (json: string) =>
      (await check({ 'server.mjs': code, 'lib/a.json': json }, ['lib/a.json'], 'node server.mjs', loaded)).bad;
    for (const json of ['', '{"a":', '{"a": 1,}', '{} // comment']) {
      expect(await bad(json)).toMatchObject({ path: 'lib/a.json', problem: 'syntax error' });
    }
    for (const json of ['{"a": 1}', '\uFEFF{"a": 1}', 'null']) expect(await bad(json)).toBeUndefined();
  });

  test('fails for a broken package.json of the program', async () => {
    const files = { 'app/server.cjs': '', 'package.json': '{"type":' };
    expect((await check(files, ['package.json'], 'node app/server.cjs')).bad).toMatchObject({ path: 'package.json' });
  });

  test('passes when the program does not load the broken JSON', async () => {
    const other = { 'server.js': '', 'other/package.json': '{' };
    expect((await check(other, ['other/package.json'])).bad).toBeUndefined();
    expect((await check({ 'server.js': '', 'a.json': '{' }, ['a.json'])).bad).toBeUndefined();
  });

  test('passes when the program does not load the broken file: JSX of a front end in the same folder', async () => {
    const files = { 'server.js': '', 'public/app.js': 'const a = <div/>' };
    expect((await check(files, ['public/app.js'])).bad).toBeUndefined();
  });

  test('fails when the program is missing, as while a build tool rewrites its output', async () => {
    expect((await check({}, ['server.js'])).bad).toEqual({ path: 'server.js', problem: 'missing', lines: [] });
  });

  test.each<[what: string, make: (path: string) => void, problem: string | undefined]>([
    ['an empty folder', (path) => mkdirSync(path), 'not a file'],
    ['an executable folder', (path) => mkdirSync(join(path, 'package.json'), { recursive: true }), undefined],
    ['a named pipe', (path) => execFileSync('mkfifo', [path]), 'not a file'],
    ['a link to a device', (path) => symlinkSync('/dev/null', path), 'not a file'],
    ['a link to itself', (path) => symlinkSync('server.js', path), 'missing'],
    ['a dangling link', (path) => symlinkSync('nothing', path), 'missing'],
    ['a link into a file', (path) => symlinkSync('other.js/server.js', path), 'missing'],
    ['a link to a program', (path) => symlinkSync('other.js', path), undefined],
  ])('accepts or rejects a program that is now %s', async (_what, make, problem) => {
    const cwd = makeProject({ 'other.js': '' });
    make(join(cwd, 'server.js'));
    const found = findDefaultCheck({ command: 'node server.js', build: undefined, cwd });
    if (found === undefined) throw new Error('no check');
    const bad = await checkChange(found, [join(cwd, 'server.js')], new Set(), { cwd, env: {} }, NEVER);
    expect(bad?.problem).toBe(problem);
  });

  test('passes when another file that was loaded is missing', async () => {
    expect((await check({ 'server.js': '' }, ['lib.js'], 'node server.js', ['lib.js'])).bad).toBeUndefined();
  });

  test('passes with top-level await and with a package of type module', async () => {
    const files = { 'package.json': '{"type":"module"}', 'server.js': 'await 1; import "node:fs"' };
    expect((await check(files, ['server.js'])).bad).toBeUndefined();
  });
});

describe('a change of a Python program', () => {
  test('fails when the program is missing', async () => {
    expect((await check({}, ['main.py'], 'python3 main.py')).bad).toMatchObject({ problem: 'missing' });
  });

  test('fails when the entry file is broken, and leaves no compiled file behind', async () => {
    const { bad, cwd } = await check({ 'main.py': 'def f(:' }, ['main.py'], 'python3 main.py');
    expect(bad?.lines.join('\n')).toContain('SyntaxError');
    expect(existsSync(join(cwd, '__pycache__'))).toBe(false);
  });

  test('fails for a broken file that was imported before, and passes for one that never was', async () => {
    const files = {
      'main.py': '',
      'lib.py': 'def f(:',
      'old.py': 'print "two"',
      '__pycache__/lib.cpython-312.pyc': '',
    };
    expect((await check(files, ['old.py'], 'python3 main.py')).bad).toBeUndefined();
    expect((await check(files, ['lib.py', 'old.py'], 'python3 main.py')).bad).toMatchObject({ path: 'lib.py' });
  });
});

test.each<[string, string, Record<string, string>?]>([
  ['import lib', 'lib.py'],
  ['import os, lib as other', 'lib.py'],
  ['from lib import x', 'lib.py'],
  ['if True:\n    import deep.lib', 'deep/lib.py'],
  ['from deep import lib', 'deep/lib.py'],
  ['import deep.lib', 'deep/__init__.py'],
  ['from deep.more import x', 'deep/far.py', { 'deep/more.py': 'from . import far' }],
  ['from deep.more import x', 'lib.py', { 'deep/more.py': 'from ..lib import x' }],
])('of a Python program, %j finds a broken %s without compiled files', async (source, broken, more = {}) => {
  const files = { 'main.py': source, ...more, [broken]: 'def f(:', 'old.py': 'print "two"' };
  expect((await check(files, [broken, 'old.py'], 'python3 main.py')).bad).toMatchObject({ path: broken });
  expect((await check(files, ['old.py'], 'python3 main.py')).bad).toBeUndefined();
});

test('a check that never ends is given up', async () => {
  const cwd = makeProject({ 'server.js': '', node: '#!/bin/sh\nsleep 60\n' });
  const found = findDefaultCheck({ command: `${join(cwd, 'node')} server.js`, build: undefined, cwd });
  const { chmodSync } = await import('node:fs');
  chmodSync(join(cwd, 'node'), 0o755);
  if (found === undefined) throw new Error('no check');
  expect(await checkChange(found, [], new Set(), { cwd, env: {}, timeMs: 100 }, NEVER)).toBeUndefined();
});
