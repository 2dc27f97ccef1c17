import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { LoadedFiles, removeLoadedFilesOfDeadRuns } from '../../src/builds/loaded-files.js';
import { makeTempFolder } from '../support/project.js';

/** A process that runs until the test ends it. */
async function startProcess() {
  const process = spawn('sleep', ['60']);
  onTestFinished(() => void process.kill('SIGKILL'));
  await once(process, 'spawn');
  const end = async () => {
    process.kill('SIGKILL');
    await once(process, 'exit');
  };
  return { pid: process.pid ?? 0, end };
}

test('lists what running processes have recorded, of every thread', async () => {
  const loaded = new LoadedFiles(join(makeTempFolder(), 'run'));
  const { pid } = await startProcess();
  writeFileSync(join(loaded.folder, `${pid}-0`), '/a.js\0/b.js');
  writeFileSync(join(loaded.folder, `${pid}-1`), '/worker.js');
  writeFileSync(join(loaded.folder, `${pid}-2`), '');
  writeFileSync(join(loaded.folder, 'something-else'), '/no.js');
  expect([...(await loaded.list())].sort()).toEqual(['/a.js', '/b.js', '/worker.js']);
});

test('keeps the list of a process that has ended, because the next one has not recorded its own yet', async () => {
  const loaded = new LoadedFiles(join(makeTempFolder(), 'run'));
  const { pid, end } = await startProcess();
  writeFileSync(join(loaded.folder, `${pid}-0`), '/a.js');
  await end();
  await loaded.prune();
  expect(readdirSync(loaded.folder)).toEqual([]);
  expect([...(await loaded.list())]).toEqual(['/a.js']);
});

test('lists nothing if the folder can’t be created', async () => {
  const file = join(makeTempFolder(), 'file');
  writeFileSync(file, '');
  expect((await new LoadedFiles(join(file, 'run')).list()).size).toBe(0);
});

test('removes lists of killed runs and keeps those in use', async () => {
  const parent = makeTempFolder();
  for (const run of ['dead', 'living', 'own']) mkdirSync(join(parent, run));
  await removeLoadedFilesOfDeadRuns(parent, new Set(['living', 'own']));
  expect(readdirSync(parent).sort()).toEqual(['living', 'own']);
  const loaded = new LoadedFiles(join(parent, 'own'));
  loaded.close();
  expect(existsSync(loaded.folder)).toBe(false);
});
