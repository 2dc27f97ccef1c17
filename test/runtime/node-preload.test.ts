import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { NodePreload, withPreload } from '../../src/runtime/process/node-preload.js';
import { makeTempFolder, ROOT } from '../support/project.js';
import { useStateHome } from '../support/state-home.js';

const FOLDER = join(ROOT, 'src', 'runtime', 'process');

test.each([undefined, '', '   '])('with NODE_OPTIONS %j only the preload is set', (before) => {
  expect(withPreload(before, '/a b/remap-8080.cjs')).toBe('--require "/a b/remap-8080.cjs"');
});

test('existing NODE_OPTIONS stay in front of it', () => {
  const before = '--max-old-space-size=128 --require "/a b/c.cjs"';
  expect(withPreload(before, '/remap-8080.cjs')).toBe(`${before} --require "/remap-8080.cjs"`);
});

test('Node.js accepts the resulting options', () => {
  useStateHome(makeTempFolder());
  const env = { ...process.env, NODE_OPTIONS: withPreload('--no-warnings', new NodePreload().path()), PORT: '12345' };
  const output = execFileSync(process.execPath, ['-e', 'console.log(Object.keys(require.cache).join())'], {
    env,
    encoding: 'utf8',
  });
  expect(output).toContain('remap-8080.cjs');
});

test('the preload is outside of the package, private to this user, and written again when deleted', () => {
  const home = makeTempFolder();
  useStateHome(home);
  const preload = new NodePreload();
  const path = preload.path();
  expect(path.startsWith(home)).toBe(true);
  const text = readFileSync(path, 'utf8');
  expect(statSync(dirname(path)).mode & 0o077).toBe(0);
  rmSync(join(home, 'jamdev'), { recursive: true });
  expect(preload.path()).toBe(path);
  expect(readFileSync(path, 'utf8')).toBe(text);
});

test('a program loads one file for it, and a second one only in a warm pool', () => {
  useStateHome(makeTempFolder());
  const folder = makeTempFolder();
  const path = new NodePreload().path();
  const env = { ...process.env, NODE_OPTIONS: withPreload(undefined, path), JAMDEV_WRITES_FOLDER: folder };
  const loadedWith = (more: Record<string, string>) =>
    execFileSync(process.execPath, ['-p', 'Object.keys(require.cache).join()'], {
      env: { ...env, ...more },
      encoding: 'utf8',
    }).trim();
  expect(loadedWith({})).toBe(path);
  const names = ['remap-8080.cjs', 'lead-control-socket.cjs', 'wrap-functions.cjs'];
  const inPool = loadedWith({ JAMDEV_CONTROL_SOCKET: '/s' }).split(',');
  expect(inPool.toSorted()).toEqual(names.map((name) => join(dirname(path), name)).toSorted());
  // Proves that the parts work.
  const write = "require('node:fs').writeFileSync(process.argv[1], 'text')";
  execFileSync(process.execPath, ['-e', write, join(folder, 'written')], { env });
  expect(readdirSync(folder).some((name) => /^\d+/.test(name))).toBe(true);
});

test('if nothing can be written, the preload in the package is used', () => {
  const folder = makeTempFolder();
  useStateHome(folder);
  const preload = new NodePreload();
  preload.path();
  rmSync(join(folder, 'jamdev', 'preloads'), { recursive: true });
  writeFileSync(join(folder, 'jamdev', 'preloads'), 'in the way');
  expect(preload.path()).toBe(join(FOLDER, 'remap-8080.cjs'));
});
