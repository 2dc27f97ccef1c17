import { chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { canStartIn, findProjectFolder } from '../../src/config/project-folder.js';
import { makeProject } from '../support/project.js';

const CONFIG = { 'jamsocket.config.json': { command: 'node a.js' } };

/** A repository with a folder, and in that another folder with nothing to run. */
function makeRepository(files: Record<string, string | object> = {}): { root: string; inner: string } {
  const root = makeProject({ '.git/HEAD': '', 'app/src/a.js': '', ...files });
  return { root, inner: join(root, 'app', 'src') };
}

test.each([
  ['jamsocket.config.json', ''],
  ['jamdev.config.json', ''],
  ['app/jamsocket.config.json', 'app'],
])('a folder with nothing to run belongs to the project of %s in a parent folder', async (file, folder) => {
  const { root, inner } = makeRepository({ [file]: CONFIG['jamsocket.config.json'] });
  expect(await findProjectFolder({ folder: inner })).toBe(join(root, folder));
  expect(await canStartIn(inner)).toBe(true);
});

test('the nearest config counts, and links are resolved first', async () => {
  const { root, inner } = makeRepository({ ...CONFIG, 'app/jamsocket.config.json': { command: 'node b.js' } });
  symlinkSync(inner, join(root, 'link'));
  expect(await findProjectFolder({ folder: join(root, 'link') })).toBe(join(root, 'app'));
});

test.each<[string, Record<string, string | object>]>([
  ['its own config', { 'app/src/jamsocket.config.json': { command: 'node c.js' } }],
  ['an invalid config of its own', { 'app/src/jamsocket.config.json': '{' }],
  ['a start script', { 'app/src/package.json': { scripts: { start: 'node c.js' } } }],
  ['a server.js', { 'app/src/server.js': '' }],
  ['a Dockerfile', { 'app/src/Dockerfile': '' }],
])('a folder with %s is a project itself', async (_, files) => {
  const { inner } = makeRepository({ ...CONFIG, ...files });
  expect(await findProjectFolder({ folder: inner })).toBe(inner);
});

test('a folder for which a command or a config is named is a project itself', async () => {
  const { root, inner } = makeRepository(CONFIG);
  expect(await findProjectFolder({ folder: inner, command: 'node c.js' })).toBe(inner);
  expect(await findProjectFolder({ folder: inner, config: join(root, 'jamsocket.config.json') })).toBe(inner);
});

test('parents count only up to the root of the repository, also of a worktree or submodule, and not without one', async () => {
  const outside = makeProject({ ...CONFIG, 'repository/src/a.js': '', 'plain/src/a.js': '' });
  writeFileSync(join(outside, 'repository', '.git'), 'gitdir: elsewhere');
  for (const folder of ['repository/src', 'repository', 'plain/src']) {
    expect(await findProjectFolder({ folder: join(outside, folder) })).toBe(join(outside, folder));
    expect(await canStartIn(join(outside, folder))).toBe(false);
  }
});

test('a folder that does not exist is returned unchanged', async () => {
  const { root } = makeRepository(CONFIG);
  expect(await findProjectFolder({ folder: join(root, 'none') })).toBe(join(root, 'none'));
});

test('folders and files of other owners do not count', async () => {
  const { inner } = makeRepository(CONFIG);
  const spy = vi.spyOn(process, 'getuid').mockReturnValue(4711);
  onTestFinished(() => spy.mockRestore());
  expect(await findProjectFolder({ folder: inner })).toBe(inner);
  spy.mockRestore();
  if (process.getuid?.() !== 0) return;
  const file = makeRepository(CONFIG);
  chownSync(join(file.root, 'jamsocket.config.json'), 4711, 4711);
  expect(await findProjectFolder({ folder: file.inner })).toBe(file.inner);
  const between = makeRepository(CONFIG);
  chownSync(join(between.root, 'app'), 4711, 4711);
  expect(await findProjectFolder({ folder: between.inner })).toBe(between.inner);
  mkdirSync(join(between.root, 'own'));
  expect(await findProjectFolder({ folder: join(between.root, 'own') })).toBe(between.root);
});
