import type { Stats } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readIgnoreRules } from '../../src/build/ignore-rules.js';
import { makeProject } from '../support/project.js';
import { useStateHome } from '../support/state-home.js';

const FOLDER = { isDirectory: () => true } as Stats;
const FILE = { isDirectory: () => false } as Stats;

test('what .dockerignore and .gitignore leave out is not watched, each by its own rules', () => {
  const root = makeProject({
    '.gitignore': 'dist/\n*.log\n!keep.log\n/only-here\n',
    '.dockerignore': '# a comment\nsecrets\n./docs\n**/*.tmp\n!docs/README.md\n',
  });
  const ignored = readIgnoreRules(root, [root]);
  const is = (path: string, stats: Stats = FILE) => ignored(join(root, path), stats);
  expect(is('dist', FOLDER)).toBe(true);
  expect(is('deep/dist', FOLDER)).toBe(true);
  expect(is('dist', FILE)).toBe(false);
  expect(is('deep/a.log')).toBe(true);
  expect(is('keep.log')).toBe(false);
  expect(is('only-here')).toBe(true);
  expect(is('deep/only-here')).toBe(false);
  // In a .dockerignore a pattern starts at the root.
  expect(is('secrets')).toBe(true);
  expect(is('deep/secrets')).toBe(false);
  expect(is('docs', FOLDER)).toBe(true);
  expect(is('deep/x.tmp')).toBe(true);
  expect(is('src/server.ts')).toBe(false);
});

test('jamdev’s own state is never watched, where a project is a home folder', () => {
  const home = makeProject({ '.gitignore': '' });
  useStateHome(join(home, '.local/state'));
  const isIgnored = readIgnoreRules(home, [home]);
  expect(isIgnored(join(home, '.local/state/jamdev'), { isDirectory: () => true })).toBe(true);
  expect(isIgnored(join(home, '.local/state/jamdev/projects/a/logs/b/1.log'))).toBe(true);
  expect(isIgnored(join(home, '.local/state/jamdev-other'))).toBe(false);
});

test('.git, node_modules and .jamdev are never watched, at any depth', () => {
  const root = makeProject();
  const ignored = readIgnoreRules(root, [root]);
  for (const path of ['.git', 'node_modules', '.jamdev', 'packages/a/node_modules']) {
    expect(ignored(join(root, path), FOLDER)).toBe(true);
  }
  expect(ignored(join(root, '.github'), FOLDER)).toBe(false);
});

test('a path that was named itself is watched although it is ignored, with what lies in it', () => {
  const root = makeProject({ '.gitignore': 'dist\n' });
  const named = join(root, 'dist');
  const ignored = readIgnoreRules(root, [named]);
  expect(ignored(named, FOLDER)).toBe(false);
  expect(ignored(join(named, 'server.js'), FILE)).toBe(false);
  expect(ignored(join(named, 'node_modules'), FOLDER)).toBe(true);
});

test('the files of a folder say nothing about what lies outside of it', () => {
  const root = makeProject({ '.gitignore': '*\n' });
  const elsewhere = makeProject();
  expect(readIgnoreRules(root, [elsewhere])(join(elsewhere, 'a.js'), FILE)).toBe(false);
});
