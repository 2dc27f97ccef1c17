import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ChangeWatcher } from '../../../src/build/change-watcher.js';
import { countWatched, judgeWatching } from '../../../src/cli/doctor/watching.js';
import { countWatches } from '../../../src/os/inotify.js';
import { makeProject } from '../../support/project.js';
import { processService } from '../../support/service.js';

const never = new AbortController().signal;

describe('how many are watched', () => {
  const project = () =>
    makeProject({
      '.gitignore': 'out/\n*.log\n',
      'server.js': '',
      'a.log': '',
      'src/a.ts': '',
      'src/deep/b.ts': '',
      'out/c.js': '',
      'node_modules/x/index.js': '',
    });

  test('files and folders, without those that are ignored', async () => {
    const cwd = project();
    // The folder, .gitignore, server.js, src, a.ts, deep, b.ts.
    expect(await countWatched([processService({ cwd, watch: [cwd] })], never)).toBe(7);
    expect(await countWatched([processService({ cwd, watch: [join(cwd, 'src')] })], never)).toBe(4);
    expect(await countWatched([processService({ cwd, watch: [join(cwd, 'server.js')] })], never)).toBe(1);
    expect(await countWatched([processService({ cwd, watch: [] })], never)).toBe(0);
  });

  test('once, if several services share them', async () => {
    const cwd = project();
    const services = [[cwd], [cwd, join(cwd, 'src')]].map((watch) => processService({ cwd, watch }));
    expect(await countWatched(services, never)).toBe(7);
  });

  test('what is given up stops', async () => {
    const cwd = project();
    const given = AbortSignal.abort();
    await expect(countWatched([processService({ cwd, watch: [cwd] })], given)).rejects.toThrow(/abort/i);
  });

  test.skipIf(process.platform !== 'linux')('are as many as the watcher then takes', async () => {
    const cwd = project();
    const watcher = new ChangeWatcher({ paths: [cwd], files: [], root: cwd, counts: () => true });
    onTestFinished(() => watcher.close());
    const before = ownWatches();
    await watcher.start();
    expect(ownWatches() - before).toBe(await countWatched([processService({ cwd, watch: [cwd] })], never));
  });
});

function ownWatches(): number {
  const fds = readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === 'anon_inode:inotify';
    } catch {
      return false;
    }
  });
  return fds.reduce((sum, fd) => sum + countWatches(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')), 0);
}

describe('whether the limits allow it', () => {
  const state = { maxWatches: 8192, maxInstances: 128, usedWatches: 5000, usedInstances: 40 };

  test.each([
    ['enough is left', 3192, state, 'ok', '3192 of 8192'],
    ['too few watches are left', 3193, state, 'warning', 'max_user_watches=524288'],
    ['a large limit is too small', 600_000, { ...state, maxWatches: 500_000 }, 'warning', 'max_user_watches=1000000'],
    ['no watcher is left', 10, { ...state, usedInstances: 128 }, 'warning', 'max_user_instances=256'],
    ['one watcher is left', 10, { ...state, usedInstances: 127 }, 'ok', '10 files'],
    ['nothing is watched', 0, { ...state, usedInstances: 128 }, 'ok', 'nothing is watched'],
    ['the system has none', 10, undefined, 'ok', 'no limit'],
  ] as const)('%s', (_name, needed, limits, status, says) => {
    const finding = judgeWatching(needed, limits);
    expect(finding.status).toBe(status);
    expect(`${finding.text} ${finding.remedy}`).toContain(says);
  });
});
