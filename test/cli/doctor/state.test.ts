import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { checkLogs, checkRegistry, checkStateFolder } from '../../../src/cli/doctor/state.js';
import { createStateFolder } from '../../../src/records/state-folder.js';
import { makeTempFolder } from '../../support/project.js';

describe('the state folder', () => {
  test('of a new project is not made by looking', () => {
    const project = makeTempFolder();
    expect(checkStateFolder(project)).toMatchObject({ status: 'ok', remedy: '' });
    expect(readdirSync(project)).toEqual([]);
  });

  test('that is there stays as it was', () => {
    const project = makeTempFolder();
    const folder = createStateFolder(project);
    expect(checkStateFolder(project).status).toBe('ok');
    expect(readdirSync(folder.root).sort()).toEqual(['.gitignore', 'logs', 'servers']);
    expect(readdirSync(folder.servers)).toEqual([]);
  });

  test.each([
    ['in its place', ['.jamdev']],
    ['in the place of the records', ['.jamdev', 'servers']],
    ['in the place of the logs', ['.jamdev', 'logs']],
  ])('a file %s is a failure', (_name, path) => {
    const project = makeTempFolder();
    createStateFolder(project);
    rmSync(join(project, ...path), { recursive: true });
    writeFileSync(join(project, ...path), '');
    const finding = checkStateFolder(project);
    expect(finding).toMatchObject({ status: 'failure', remedy: expect.stringContaining('writable') });
    expect(finding.text).toContain(join(project, '.jamdev'));
  });

  test('where the system takes no files is a failure', () => {
    expect(checkStateFolder(process.platform === 'linux' ? '/proc' : '/System').status).toBe('failure');
  });
});

describe('logs', () => {
  test('none', () => {
    expect(checkLogs(makeTempFolder())).toMatchObject({ status: 'ok', text: expect.stringMatching(/^none \(/) });
  });

  test('are counted with their size', () => {
    const project = makeTempFolder();
    const { logs } = createStateFolder(project);
    for (const id of ['a', 'b']) {
      mkdirSync(join(logs, id));
      writeFileSync(join(logs, id, '1.log'), 'x'.repeat(1024 * 1024));
      writeFileSync(join(logs, id, 'owner.json'), 'x'.repeat(512));
    }
    expect(checkLogs(project).text).toMatch(/^of 2 backends, 2.0 MiB \(at most 100 of ended backends and 256 MiB/);
  });
});

describe('the registry of the user', () => {
  function useStateHome(folder: string): void {
    const before = process.env.XDG_STATE_HOME;
    process.env.XDG_STATE_HOME = folder;
    onTestFinished(() => {
      process.env.XDG_STATE_HOME = before;
    });
  }

  test('nothing is said, and nothing made, where it can be written', () => {
    const home = makeTempFolder();
    useStateHome(join(home, 'deep', 'state'));
    expect(checkRegistry()).toEqual([]);
    expect(readdirSync(home)).toEqual([]);
  });

  test('a file in its place is a warning', () => {
    const home = join(makeTempFolder(), 'file');
    writeFileSync(home, '');
    useStateHome(home);
    expect(checkRegistry()).toMatchObject([{ status: 'warning', remedy: expect.stringContaining('XDG_STATE_HOME') }]);
  });
});
