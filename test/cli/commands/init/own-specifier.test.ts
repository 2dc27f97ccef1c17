import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findOwnSpecifier } from '../../../../src/cli/commands/init/own-specifier.js';
import { makeProject } from '../../../support/project.js';

/** The specifier for an app in `work/new`, if jamdev 1.2.3 is in a folder and the given files exist. */
function specifierFor(folder: string, files: Record<string, string | object>): string {
  const root = makeProject(files);
  mkdirSync(join(root, folder), { recursive: true });
  const installation = { folder: join(root, folder), version: '1.2.3' };
  return findOwnSpecifier(installation, join(root, 'work', 'new'), join(root, 'work'));
}

const INSTALLED = 'work/node_modules/jamdev';
const dependsOn = (jamdev: string) => ({ 'work/package.json': { devDependencies: { jamdev } } });

describe('a jamdev from a registry is named by its version', () => {
  test.each(['^1.0.0', '1.2.3', '*', '', 'latest', '>=1 <2', 'npm:jamdev@^1', 'npm:@scope/fork@1'])(
    'for the request %j',
    (request) => {
      expect(specifierFor(INSTALLED, dependsOn(request))).toBe('1.2.3');
    },
  );

  test.each(['dependencies', 'devDependencies', 'optionalDependencies'])('from %s', (field) => {
    expect(specifierFor(INSTALLED, { 'work/package.json': { [field]: { jamdev: '^1' } } })).toBe('1.2.3');
  });

  test.each([
    ['npm, for another package of the workspace', INSTALLED, packageLock('https://registry.example/jamdev-1.2.3.tgz')],
    ['pnpm', 'work/node_modules/.pnpm/jamdev@1.2.3/node_modules/jamdev', {}],
    ['pnpm, with peers', 'work/node_modules/.pnpm/jamdev@1.2.3_x@1.0.0/node_modules/jamdev', {}],
    ['Yarn', 'cache/jamdev-npm-1.2.3-0123456789-0123456789.zip/node_modules/jamdev', {}],
    ['Yarn, by the request of the project that it runs for', 'cache/jamdev-x.zip/node_modules/jamdev', dependsOn('^1')],
  ])('as %s notes it', (_name, folder, files) => {
    expect(specifierFor(folder, files)).toBe('1.2.3');
  });
});

describe('any other jamdev is named by its place', () => {
  test.each([
    ['a clone', 'clone', {}, 'file:../../clone'],
    ['a clone inside a project that uses another jamdev', 'work/clone', dependsOn('^1'), 'file:../clone'],
    ['a clone around the app', 'work', {}, 'file:..'],
    ['a tarball', INSTALLED, { ...dependsOn('file:../jamdev.tgz'), 'jamdev.tgz': '' }, 'file:../../jamdev.tgz'],
    ['a tarball without file:', INSTALLED, { ...dependsOn('jamdev.tgz'), 'work/jamdev.tgz': '' }, 'file:../jamdev.tgz'],
    ['a missing tarball', INSTALLED, dependsOn('file:../jamdev.tgz'), 'file:../node_modules/jamdev'],
    ['a folder', INSTALLED, { ...dependsOn('file:../clone'), 'clone/package.json': {} }, 'file:../../clone'],
    ['a link', INSTALLED, dependsOn('link:../clone'), 'file:../node_modules/jamdev'],
    ['a workspace', INSTALLED, dependsOn('workspace:*'), 'file:../node_modules/jamdev'],
    ['an installation for all projects', 'lib/node_modules/jamdev', {}, 'file:../../lib/node_modules/jamdev'],
    ['npm, from a tarball', INSTALLED, packageLock('file:../jamdev.tgz'), 'file:../node_modules/jamdev'],
    ['a package.json that is not JSON', INSTALLED, { 'work/package.json': '{' }, 'file:../node_modules/jamdev'],
  ])('%s', (_name, folder, files, expected) => {
    expect(specifierFor(folder, files)).toBe(expected);
  });

  test.each([
    'git+ssh://git@example.com/jamdev.git#main',
    'https://example.com/jamdev.tgz',
    'github:someone/jamdev',
    'someone/jamdev',
  ])('%s, as it was requested', (request) => {
    expect(specifierFor(INSTALLED, dependsOn(request))).toBe(request);
  });
});

function packageLock(resolved: string): Record<string, object> {
  return { 'work/node_modules/.package-lock.json': { packages: { 'node_modules/jamdev': { resolved } } } };
}
