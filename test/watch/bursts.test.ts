import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, openSync, readdirSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { FileWatcher } from '../../src/watch/file-watcher.js';
import { makeProject } from '../support/project.js';
import { waitFor } from '../support/wait.js';
import { startWatching } from './watcher-support.js';

const FILES = 5000;

function git(folder: string, ...args: string[]): void {
  const identity = ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'gc.auto=0'];
  execFileSync('git', [...identity, ...args], { cwd: folder, stdio: 'pipe' });
}

function writeMany(root: string, text: string, files = FILES): void {
  for (let index = 0; index < files; index += 1) {
    const folder = join(root, `d${index % 50}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${index}.js`), text);
  }
}

/** A repository with two branches that differ in every file. */
function makeBranches(): string {
  const root = makeProject();
  git(root, 'init', '--quiet', '--initial-branch=one');
  writeMany(root, 'one');
  git(root, 'add', '.');
  git(root, 'commit', '--quiet', '-m', 'one');
  git(root, 'checkout', '--quiet', '-b', 'two');
  writeMany(root, 'two');
  rmSync(join(root, 'd0'), { recursive: true });
  git(root, 'add', '.');
  git(root, 'commit', '--quiet', '-m', 'two');
  return root;
}

test('switching branches, which changes 5,000 files, is one change each way', async () => {
  const root = makeBranches();
  const { batchesOf } = await startWatching(root);
  for (const branch of ['one', 'two']) {
    const batches = await batchesOf(() => git(root, 'checkout', '--quiet', branch));
    expect(batches.map((batch) => batch.length)).toEqual([FILES]);
  }
});

test('changes made while git holds its lock are reported once it is released', async () => {
  const root = makeProject({ 'a.js': '', 'b.js': '' });
  git(root, 'init', '--quiet');
  const { batches, batchesOf } = await startWatching(root);
  const lock = join(root, '.git', 'index.lock');
  const all = await batchesOf(async () => {
    writeFileSync(lock, '');
    appendFileSync(join(root, 'a.js'), 'x');
    // Longer in total than the quiet period, so that it would have passed without the lock.
    for (let turn = 0; turn < 12; turn += 1) {
      await new Promise((resolve) => setTimeout(resolve, 60));
      appendFileSync(join(root, 'b.js'), 'x');
    }
    expect(batches).toEqual([]);
    rmSync(lock);
  });
  expect(all).toEqual([['content a.js', 'content b.js']]);
});

test('the lock of a killed git does not delay changes for long', async () => {
  const root = makeProject({ 'a.js': '' });
  git(root, 'init', '--quiet');
  writeFileSync(join(root, '.git', 'index.lock'), '');
  const { changesOf } = await startWatching(root);
  expect(await changesOf(() => appendFileSync(join(root, 'a.js'), 'x'))).toEqual(['content a.js']);
});

test('a file that keeps changing delays no other change', async () => {
  const root = makeProject({ 'a.js': '', 'noise.txt': '' });
  const { batches } = await startWatching(root);
  const descriptor = openSync(join(root, 'noise.txt'), 'a');
  const timer = setInterval(() => writeSync(descriptor, 'x'), 10);
  onTestFinished(() => clearInterval(timer));
  appendFileSync(join(root, 'a.js'), 'x');
  await waitFor(() => batches.flat().includes('content a.js'), 'the change');
});

test('a file touched before its first fingerprint was taken counts as changed, but only once', async () => {
  const root = makeProject();
  writeMany(root, 'one');
  const watcher = new FileWatcher({ kind: 'process', root, paths: [root], files: [], ignore: [], poll: undefined });
  onTestFinished(() => watcher.close());
  const reported: string[] = [];
  watcher.events.on('changed', (changes) => reported.push(...changes.map(({ path }) => path)));
  await watcher.start();
  for (const name of ['d0/0.js', 'd49/4999.js']) writeFileSync(join(root, name), 'one');
  await waitFor(() => reported.length >= 1, 'the files that were touched');
  await watcher.compared();
  writeFileSync(join(root, 'd1/1.js'), 'one');
  writeFileSync(join(root, 'd2/2.js'), 'changed');
  await waitFor(() => reported.includes('d2/2.js'), 'the file that was changed');
  expect(reported).not.toContain('d1/1.js');
  expect(new Set(reported).size).toBe(reported.length);
});

test('no change is lost, however fast files change one after the other', async () => {
  const root = makeProject();
  writeMany(root, 'one', 500);
  const { watcher } = await startWatching(root);
  const now = new Map<string, string | undefined>();
  watcher.events.on('changed', (changes) => {
    for (const { path, before, now: after } of changes) {
      // Each change starts from where the last one ended.
      if (now.has(path)) expect(before).toBe(now.get(path));
      now.set(path, after);
    }
  });
  for (let round = 0; round < 5; round += 1) {
    writeMany(root, `round ${round}`, 500);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  writeMany(root, 'last', 500);
  const names = readdirSync(root).flatMap((folder) =>
    folder.startsWith('d') ? readdirSync(join(root, folder)).map((file) => `${folder}/${file}`) : [],
  );
  await waitFor(
    () => now.size === names.length && new Set(now.values()).size === 1,
    'all files to be reported as they are',
    60_000,
  );
});
