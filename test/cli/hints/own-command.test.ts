import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Call, ownCommand } from '../../../src/cli/hints/own-command.js';
import { makeJamdevProject } from '../../support/jamdev-project.js';
import { makeProject, makeTempFolder, ROOT } from '../../support/project.js';

const SCRIPT = join(ROOT, 'bin', 'jamdev.js');

function commandIn(shellFolder: string, more: Partial<Call> = {}): string {
  const call = { script: SCRIPT, shellFolder, folder: shellFolder, runner: undefined, isPlugAndPlay: false, path: '' };
  return ownCommand({ ...call, ...more });
}

describe('in a project with jamdev in its node_modules', () => {
  test.each([
    [undefined, 'npx jamdev'],
    ['npm', 'npx jamdev'],
    ['npx', 'npx jamdev'],
    ['pnpm', 'pnpm exec jamdev'],
    ['pnpx', 'pnpm exec jamdev'],
    ['yarn', 'yarn jamdev'],
    ['yarnpkg', 'yarn jamdev'],
    ['bun', 'bunx jamdev'],
    ['bunx', 'bunx jamdev'],
  ])('the runner %s gives: %s', (runner, command) => {
    const project = makeJamdevProject();
    mkdirSync(join(project, 'src'));
    expect(commandIn(project, { runner })).toBe(command);
    expect(commandIn(join(project, 'src'), { runner })).toBe(command);
  });

  test('a package in it without its own jamdev uses npx, which looks in parent folders', () => {
    const project = makeJamdevProject({ 'packages/app/package.json': { name: 'app' } });
    expect(commandIn(join(project, 'packages', 'app'), { runner: 'pnpm' })).toBe('npx jamdev');
  });

  test('a shell outside of it names the script', () => {
    const outside = makeJamdevProject({ 'app/package.json': { name: 'app' } });
    const elsewhere = makeTempFolder();
    expect(commandIn(elsewhere, { runner: 'pnpm', folder: outside })).toMatch(/^node \.\..*bin\/jamdev\.js$/);
  });
});

describe('with Plug’n’Play', () => {
  test.each(['dependencies', 'devDependencies'])('yarn finds it in %s', (key) => {
    const project = makeProject({ 'package.json': { [key]: { jamdev: '*' } }, 'src/a.js': '' });
    for (const folder of [project, join(project, 'src')]) {
      expect(commandIn(folder, { isPlugAndPlay: true, runner: 'yarn' })).toBe('yarn jamdev');
    }
  });

  test('elsewhere, the command first changes to the project', () => {
    const root = makeProject({
      'package.json': { name: 'root' },
      'my app/package.json': { dependencies: { jamdev: '*' } },
    });
    const call = { isPlugAndPlay: true, runner: 'yarn', folder: join(root, 'my app') };
    expect(commandIn(root, call)).toBe("cd 'my app' && yarn jamdev");
  });
});

describe('without a local jamdev', () => {
  test('a global one is called by its name, unless only a runner put it on the PATH', () => {
    const [folder, bin, other] = [makeTempFolder(), makeTempFolder(), makeTempFolder()];
    symlinkSync(SCRIPT, join(bin, 'jamdev'));
    const [modules] = ['node_modules/.bin'].map((name) => join(folder, 'x', name)) as [string];
    mkdirSync(modules, { recursive: true });
    symlinkSync(SCRIPT, join(modules, 'jamdev'));
    expect(commandIn(folder, { path: [folder, bin].join(delimiter) })).toBe('jamdev');
    expect(commandIn(folder, { path: modules })).toMatch(/^node /);
    writeFileSync(join(other, 'jamdev'), '');
    chmodSync(join(other, 'jamdev'), 0o755);
    expect(commandIn(folder, { path: [other, bin].join(delimiter) })).toMatch(/^node /);
  });

  test('one that npx fetched is called by npx, and a clone by its path', () => {
    const folder = makeTempFolder();
    expect(commandIn(folder, { script: '/home/me/.npm/_npx/1a/node_modules/jamdev/bin/jamdev.js' })).toBe('npx jamdev');
    expect(commandIn(ROOT)).toBe('node bin/jamdev.js');
  });
});
