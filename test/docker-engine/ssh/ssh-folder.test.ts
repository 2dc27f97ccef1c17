import { existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { createSshFolder, removeDeadSshFolders } from '../../../src/docker-engine/ssh/ssh-folder.js';
import { makeTempFolder } from '../../support/project.js';

/** Higher than any pid of a system. */
const NO_PID = 2 ** 30;
let temporary = '';

beforeEach(() => {
  temporary = makeTempFolder();
  vi.stubEnv('TMPDIR', temporary);
  return () => void vi.unstubAllEnvs();
});

test('only this user can enter the folder of a connection', () => {
  const folder = createSshFolder();
  expect(statSync(folder.path).mode & 0o777).toBe(0o700);
  folder.remove();
  expect(existsSync(folder.path)).toBe(false);
});

test('folders of dead programs are removed, and all others stay', async () => {
  const own = createSshFolder();
  const dead = join(temporary, `jamdev-ssh-${NO_PID}-dead`);
  const living = join(temporary, `jamdev-ssh-${NO_PID}-elsewhere`);
  const stranger = join(temporary, 'jamdev-ssh-notes');
  for (const path of [dead, living, stranger]) mkdirSync(path);
  writeFileSync(join(dead, 'c'), '');
  const server = createServer().listen(join(living, 'c'));
  onTestFinished(() => void server.close());
  const outside = makeTempFolder();
  const link = join(temporary, `jamdev-ssh-${NO_PID}-link`);
  symlinkSync(outside, link);
  await removeDeadSshFolders();
  expect(existsSync(dead)).toBe(false);
  for (const path of [own.path, living, stranger, link, outside]) expect(existsSync(path)).toBe(true);
});
