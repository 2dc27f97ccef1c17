import { spawn } from 'node:child_process';
import { expect, onTestFinished, test } from 'vitest';
import { countWatches, readInotifyState } from '../../src/os/inotify.js';
import { makeTempFolder } from '../support/project.js';

test.each([
  ['none', 'pos:\t0\nflags:\t02004000\nmnt_id:\t15\nino:\t1041\n', 0],
  [
    'two',
    'pos:\t0\nflags:\t02004000\ninotify wd:2 ino:9c sdev:fe00000 mask:fc6 ignored_mask:0\ninotify wd:1 ino:9b sdev:fe00000\n',
    2,
  ],
  ['gone', '', 0],
])('watches in fdinfo: %s', (_name, text, count) => {
  expect(countWatches(text)).toBe(count);
});

test('the watches of a program are counted, on systems with limits', async () => {
  const folder = makeTempFolder();
  const child = spawn(process.execPath, ['-e', `require('fs').watch(${JSON.stringify(folder)}); console.log('up')`]);
  onTestFinished(() => void child.kill('SIGKILL'));
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const state = readInotifyState((pid) => pid === child.pid);
  if (process.platform !== 'linux') return expect(state).toBeUndefined();
  expect(state).toMatchObject({ usedWatches: 1, usedInstances: 1 });
  expect(state?.maxWatches).toBeGreaterThan(0);
  expect(state?.maxInstances).toBeGreaterThan(0);
});
