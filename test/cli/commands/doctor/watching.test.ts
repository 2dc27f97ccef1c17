import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { describeOutputs, judgeWatching } from '../../../../src/cli/commands/doctor/watching.js';
import { countWatches } from '../../../../src/os/inotify.js';
import { countWatchedFolders } from '../../../../src/watch/count-folders.js';
import { FileWatcher } from '../../../../src/watch/file-watcher.js';
import { watchRequestOf } from '../../../../src/watch/watch-request.js';
import { makeProject } from '../../../support/project.js';
import { processService } from '../../../support/service.js';

const never = new AbortController().signal;

describe('the number of watches', () => {
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

  /** Each folder above a project takes a watch too, so that renaming one is noticed. */
  const onTheWay = (folder: string) => folder.split('/').length - 1;

  test('includes folders that are not ignored, and those above them', async () => {
    const cwd = project();
    const way = onTheWay(cwd);
    // The project, src and src/deep.
    expect(await countWatchedFolders([processService({ cwd, watch: [cwd] })], never)).toBe(way + 3);
    expect(await countWatchedFolders([processService({ cwd, watch: [join(cwd, 'src')] })], never)).toBe(way + 3);
    expect(await countWatchedFolders([processService({ cwd, watch: [join(cwd, 'server.js')] })], never)).toBe(way + 1);
    expect(await countWatchedFolders([processService({ cwd, watch: [] })], never)).toBe(0);
  });

  test('counts folders once if several services share them', async () => {
    const cwd = project();
    const services = [[cwd], [cwd, join(cwd, 'src')]].map((watch) => processService({ cwd, watch }));
    expect(await countWatchedFolders(services, never)).toBe(onTheWay(cwd) + 3);
  });

  test('is no longer counted after an abort', async () => {
    const cwd = project();
    const given = AbortSignal.abort();
    await expect(countWatchedFolders([processService({ cwd, watch: [cwd] })], given)).rejects.toThrow(/abort/i);
  });

  test.skipIf(process.platform !== 'linux')('equals that of the watcher', async () => {
    const cwd = project();
    const service = processService({ cwd, watch: [cwd] });
    const watcher = new FileWatcher(watchRequestOf(service, []));
    onTestFinished(() => watcher.close());
    const before = ownWatches();
    await watcher.start();
    expect(ownWatches() - before).toBe(await countWatchedFolders([service], never));
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

describe('the limits of the system', () => {
  const state = { maxWatches: 8192, maxInstances: 128, usedWatches: 5000, usedInstances: 40 };

  test.each([
    ['enough watches are left', 3192, state, 'ok', '3192 of 8192'],
    ['too few watches are left', 3193, state, 'warning', 'max_user_watches=524288'],
    ['a large limit is too small', 600_000, { ...state, maxWatches: 500_000 }, 'warning', 'max_user_watches=1000000'],
    ['no watcher is left', 10, { ...state, usedInstances: 128 }, 'warning', 'max_user_instances=256'],
    ['one watcher is left', 10, { ...state, usedInstances: 127 }, 'ok', '10 folders'],
    ['no watches are needed', 0, { ...state, usedInstances: 128 }, 'ok', 'nothing is watched'],
    ['the system has no limits', 10, undefined, 'ok', 'no limit'],
  ] as const)('%s', (_name, needed, limits, status, says) => {
    const finding = judgeWatching(needed, limits);
    expect(finding.status).toBe(status);
    expect(`${finding.text} ${finding.remedy}`).toContain(says);
  });
});

test('known output files of builds are listed, at most five', () => {
  const files = Array.from({ length: 7 }, (_, index) => `dist/${index}.js`);
  expect(describeOutputs({ doc: files, chat: ['stamp'], quiet: [] }).map(({ text }) => text)).toEqual([
    'builds of doc write dist/0.js, dist/1.js, dist/2.js, dist/3.js, dist/4.js and 2 more',
    'builds of chat write stamp',
  ]);
});
