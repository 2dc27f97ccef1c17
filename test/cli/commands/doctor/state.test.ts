import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkLogs, checkStateFolder } from '../../../../src/cli/commands/doctor/state.js';
import { createStateFolder, stateFolderOf } from '../../../../src/records/state-folder.js';
import { makeTempFolder } from '../../../support/project.js';
import { useStateHome } from '../../../support/state-home.js';

describe('the state folder', () => {
  test('of a new project is named and not created by the check', () => {
    const project = makeTempFolder();
    const { root } = stateFolderOf(project);
    expect(checkStateFolder(project)).toEqual({
      check: 'state folder',
      status: 'ok',
      text: `${root} is writable`,
      remedy: '',
    });
    expect(readdirSync(project)).toEqual([]);
    expect(existsSync(root)).toBe(false);
  });

  test('that exists is left unchanged', () => {
    const project = makeTempFolder();
    const folder = createStateFolder(project);
    expect(checkStateFolder(project).status).toBe('ok');
    expect(readdirSync(folder.root).sort()).toEqual(['logs', 'project.json', 'servers']);
    expect(readdirSync(folder.servers)).toEqual([]);
  });

  test.each(['root', 'servers', 'logs'] as const)('with a file in place of its %s is a failure', (name) => {
    const project = makeTempFolder();
    const folder = createStateFolder(project);
    rmSync(folder[name], { recursive: true });
    writeFileSync(folder[name], '');
    const finding = checkStateFolder(project);
    expect(finding).toMatchObject({ status: 'failure', remedy: expect.stringContaining('XDG_STATE_HOME') });
    expect(finding.text).toContain(folder[name]);
  });

  test('with a link in its place is a failure', () => {
    const project = makeTempFolder();
    const folder = createStateFolder(project);
    rmSync(folder.logs, { recursive: true });
    symlinkSync(makeTempFolder(), folder.logs);
    expect(checkStateFolder(project)).toMatchObject({ status: 'failure', text: expect.stringContaining('link') });
  });

  test.each([
    ['in a place without files', () => (process.platform === 'linux' ? '/proc/state' : '/System/state')],
    ['below a file', () => fileIn(makeTempFolder())],
  ])('%s is a warning, because a temporary folder can be used', (_name, place) => {
    useStateHome(place());
    expect(checkStateFolder(makeTempFolder())).toMatchObject({
      status: 'warning',
      remedy: expect.stringContaining('XDG_STATE_HOME'),
    });
  });
});

function fileIn(folder: string): string {
  const path = join(folder, 'file');
  writeFileSync(path, '');
  return path;
}

describe('logs', () => {
  test('do not exist', () => {
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
