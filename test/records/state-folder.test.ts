import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createStateFolder, stateFolderOf } from '../../src/records/state-folder.js';
import { makeTempFolder } from '../support/project.js';

test('where the state lies is told without touching the disk', () => {
  const project = makeTempFolder();
  expect(stateFolderOf(project)).toEqual({
    root: join(project, '.jamdev'),
    servers: join(project, '.jamdev/servers'),
    logs: join(project, '.jamdev/logs'),
    volumes: join(project, '.jamdev/volumes'),
  });
  expect(existsSync(join(project, '.jamdev'))).toBe(false);
});

test('the state folder is created for this user only, ignored by git, and can be created again', () => {
  const project = makeTempFolder();
  const folder = createStateFolder(project);
  expect(createStateFolder(project)).toEqual(folder);
  for (const path of [folder.root, folder.servers, folder.logs]) expect(statSync(path).mode & 0o777).toBe(0o700);
  expect(readFileSync(join(folder.root, '.gitignore'), 'utf8')).toBe('*\n');
});

test('what is in the state folder already stays', () => {
  const project = makeTempFolder();
  const { logs } = createStateFolder(project);
  writeFileSync(join(logs, 'kept'), 'x');
  createStateFolder(project);
  expect(readFileSync(join(logs, 'kept'), 'utf8')).toBe('x');
});

test.each([
  ['the state folder', ['.jamdev']],
  ['the records', ['.jamdev', 'servers']],
  ['the logs', ['.jamdev', 'logs']],
])('a file in the place of %s is an error with the folder and the reason', (_what, path) => {
  const project = makeTempFolder();
  if (path.length > 1) mkdirSync(join(project, '.jamdev'));
  writeFileSync(join(project, ...path), '');
  expect(() => createStateFolder(project)).toThrow(
    expect.objectContaining({
      code: 'StateFolderUnusable',
      message: expect.stringMatching(
        new RegExp(`^jamdev can't write its folder ${join(project, '.jamdev')} \\((EEXIST|ENOTDIR)\\)\\.$`),
      ),
    }),
  );
});
