import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { toBytePath } from '../../src/watch/byte-path.js';
import { FileWatcher } from '../../src/watch/file-watcher.js';
import { ChosenEvents, choosePolling } from '../../src/watch/system/choose-events.js';
import { fileSystemOf, isPseudo, isRemote, parseMountInfo, parseMountOutput } from '../../src/watch/system/mounts.js';
import { SystemEvents } from '../../src/watch/system/system-events.js';
import { makeProject } from '../support/project.js';
import { waitFor } from '../support/wait.js';
import { startWatching } from './watcher-support.js';

describe('file systems without events', () => {
  const mounts = parseMountInfo(`23 1 254:0 / / rw,relatime - ext4 /dev/vda rw
40 23 0:40 / /mnt/c rw,noatime - 9p drvfs rw,aname=drvfs
41 23 0:41 / /srv/with\\040space rw shared:1 master:2 - nfs4 host:/x rw
42 23 0:42 / /home/me/remote rw - fuse.sshfs me@host: rw
43 23 0:43 / /home/me/local rw - fuse.gocryptfs /x rw
44 23 0:44 / /proc rw - proc proc rw
45 23 0:45 / /mnt/share rw - cifs //host/share rw`);
  test.each([
    ['/home/me/app', 'ext4', false],
    ['/mnt/c/Users/me/app', '9p', true],
    ['/mnt/cc', 'ext4', false],
    ['/srv/with space/app', 'nfs4', true],
    ['/home/me/remote', 'fuse.sshfs', true],
    ['/home/me/local/app', 'fuse.gocryptfs', false],
    ['/mnt/share/x', 'cifs', true],
  ])('%s on %s is polled: %s', (path, type, polled) => {
    expect(fileSystemOf(toBytePath(path), mounts)).toBe(type);
    expect(isRemote(type)).toBe(polled);
  });

  test('/proc is recognized as a pseudo file system', () =>
    expect(isPseudo(fileSystemOf(toBytePath('/proc/1'), mounts))).toBe(true));

  test('the mount table of macOS is parsed too', () => {
    const output =
      '/dev/disk3s1s1 on / (apfs, sealed, local)\n//me@host/a%20b on /Volumes/a (b) (smbfs, nodev, mounted by me)\n';
    const parsed = parseMountOutput(output);
    expect(parsed).toEqual([
      { folder: '/', type: 'apfs' },
      { folder: '/Volumes/a (b)', type: 'smbfs' },
    ]);
  });

  test.each([
    [undefined, undefined, undefined],
    [true, undefined, true],
    [false, undefined, false],
    [undefined, '1', true],
    [undefined, 'TRUE', true],
    [true, '0', false],
    [true, 'false', false],
    [false, 'true', true],
    [undefined, '', undefined],
  ])('"poll": %s and CHOKIDAR_USEPOLLING=%s result in %s', (poll, variable, result) => {
    expect(choosePolling(poll, variable)).toBe(result);
  });
});

describe('polling', () => {
  test('finds the same changes', async () => {
    const root = makeProject({ 'server.js': 'one', 'src/a.js': 'a', 'node_modules/x.js': '', '.env': '' });
    const watcher = new FileWatcher({
      kind: 'process',
      root,
      paths: [root],
      files: [join(root, '.env')],
      ignore: [],
      poll: true,
    });
    onTestFinished(() => watcher.close());
    const reported: string[] = [];
    watcher.events.on('changed', (changes) => reported.push(...changes.map(({ what, path }) => `${what} ${path}`)));
    await watcher.start();
    const until = (line: RegExp) =>
      waitFor(() => reported.some((each) => line.test(each)), `${line} among ${reported}`);
    appendFileSync(join(root, 'server.js'), 'two');
    await until(/^content server\.js$/);
    appendFileSync(join(root, 'src/a.js'), 'two');
    await until(/^content src\/a\.js$/);
    mkdirSync(join(root, 'new/deep'), { recursive: true });
    writeFileSync(join(root, 'new/deep/b.js'), '');
    await until(/^created new\/deep\/b\.js$/);
    appendFileSync(join(root, 'new/deep/b.js'), 'x');
    await until(/^content new\/deep\/b\.js$/);
    appendFileSync(join(root, '.env'), 'A=1');
    await until(/^content \.env$/);
    // Same modification time, same size.
    writeFileSync(join(root, 'tmp'), 'onetwO');
    execFileSync('touch', ['-r', join(root, 'server.js'), join(root, 'tmp')]);
    execFileSync('mv', [join(root, 'tmp'), join(root, 'server.js')]);
    await waitFor(
      () => reported.filter((each) => each === 'content server.js').length === 2,
      'the file that was replaced',
    );
    execFileSync('rm', ['-r', join(root, 'new')]);
    await until(/^deleted new\/deep\/b\.js$/);
    expect(reported.join()).not.toContain('node_modules');
  });
});

describe('limits of the system', () => {
  test.each(['ENOSPC', 'EMFILE'])('%s is reported without failing', async (code) => {
    const limits: string[] = [];
    const watchFolder = vi.spyOn(SystemEvents.prototype, 'watchFolder');
    watchFolder.mockRejectedValue(Object.assign(new Error(code), { code }));
    onTestFinished(() => watchFolder.mockRestore());
    const events = new ChosenEvents({
      poll: undefined,
      mounts: () => [],
      isIgnored: () => false,
      onLimit: (...limit) => limits.push(limit.join(' ')),
      onPolling: () => undefined,
      onFlood: () => undefined,
    });
    onTestFinished(() => events.close());
    const { stop } = await events.watchFolder(toBytePath('/tmp'), () => undefined);
    stop();
    expect(limits).toEqual([`${code} /tmp`]);
  });

  test('a limit is reported with the number of affected folders, and the rest is watched', async () => {
    const root = makeProject({ 'server.js': '', 'a/x.js': '', 'b/x.js': '', 'c/x.js': '' });
    const watchFolder = SystemEvents.prototype.watchFolder;
    const spy = vi.spyOn(SystemEvents.prototype, 'watchFolder').mockImplementation(function (
      this: SystemEvents,
      folder,
      listener,
    ) {
      if (/\/[abc]$/.test(folder)) return Promise.reject(Object.assign(new Error('no space'), { code: 'ENOSPC' }));
      return watchFolder.call(this, folder, listener);
    });
    onTestFinished(() => spy.mockRestore());
    const { problems, changesOf } = await startWatching(root);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^Changes in 3 folders, such as .*\/[abc], go unnoticed: .*\(ENOSPC\)/);
    expect(await changesOf(() => appendFileSync(join(root, 'server.js'), 'x'))).toEqual(['content server.js']);
  });

  test('after events that the system may have dropped, everything is compared', async () => {
    const root = makeProject({ 'a/x.js': '1', 'b/y.js': '1' });
    const { watcher, batches } = await startWatching(root);
    // More events at once than half of the system's queue take the same path as an overflow.
    for (let index = 0; index < 10_000; index += 1) appendFileSync(join(root, index % 2 ? 'a/x.js' : 'b/y.js'), 'x');
    await waitFor(() => batches.flat().length >= 2, 'both files');
    expect(watcher.folders).toHaveLength(3);
  });
});

test.each([
  ['EACCES', 'this user may not read it (EACCES)'],
  ['EPERM', 'this user may not read it (EPERM)'],
  ['EIO', "it can't be read (EIO)"],
])('a folder that cannot be watched because of %s is named once, and the rest is watched', async (code, why) => {
  const root = makeProject({ 'server.js': '', 'closed/x.js': '' });
  const watchFolder = SystemEvents.prototype.watchFolder;
  const spy = vi.spyOn(SystemEvents.prototype, 'watchFolder').mockImplementation(function (
    this: SystemEvents,
    folder,
    listener,
  ) {
    if (folder.endsWith('/closed')) return Promise.reject(Object.assign(new Error('refused'), { code }));
    return watchFolder.call(this, folder, listener);
  });
  onTestFinished(() => spy.mockRestore());
  const { problems, changesOf } = await startWatching(root);
  expect(problems).toEqual([`Changes to ${join(root, 'closed')} go unnoticed: ${why}.`]);
  expect(await changesOf(() => appendFileSync(join(root, 'server.js'), 'x'))).toEqual(['content server.js']);
});

test('of many folders that cannot be watched, a few are named with the number of others', async () => {
  const names = Array.from({ length: 30 }, (_, index) => `closed-${index}`);
  const root = makeProject(
    Object.fromEntries(['server.js', ...names.map((name) => `${name}/x.js`)].map((name) => [name, ''])),
  );
  const watchFolder = SystemEvents.prototype.watchFolder;
  const spy = vi.spyOn(SystemEvents.prototype, 'watchFolder').mockImplementation(function (
    this: SystemEvents,
    folder,
    listener,
  ) {
    const refused = Object.assign(new Error('refused'), { code: 'EACCES' });
    return folder.includes('/closed-') ? Promise.reject(refused) : watchFolder.call(this, folder, listener);
  });
  onTestFinished(() => spy.mockRestore());
  const { problems, changesOf } = await startWatching(root);
  expect(problems.filter((problem) => problem.includes('/closed-'))).toHaveLength(10);
  expect(problems.slice(10)).toEqual(['Changes to more than 10 paths go unnoticed.']);
  expect(await changesOf(() => appendFileSync(join(root, 'server.js'), 'x'))).toEqual(['content server.js']);
});

test.runIf(process.platform === 'linux')('/proc in "watch" is refused in one message', async () => {
  const root = makeProject({ 'server.js': '' });
  const { problems, changesOf } = await startWatching(root, { paths: [root, '/proc'] });
  expect(problems).toEqual([
    expect.stringContaining('Changes to /proc go unnoticed: it is on a file system of the kernel'),
  ]);
  expect(await changesOf(() => appendFileSync(join(root, 'server.js'), 'x'))).toEqual(['content server.js']);
});

test('an unreadable folder is watched once its mode allows it', async () => {
  const root = makeProject({ 'server.js': '', 'closed/x.js': '' });
  const watchFolder = SystemEvents.prototype.watchFolder;
  let isClosed = true;
  const spy = vi.spyOn(SystemEvents.prototype, 'watchFolder').mockImplementation(function (
    this: SystemEvents,
    folder,
    listener,
  ) {
    const refused = Object.assign(new Error('refused'), { code: 'EACCES' });
    return isClosed && folder.endsWith('/closed') ? Promise.reject(refused) : watchFolder.call(this, folder, listener);
  });
  onTestFinished(() => spy.mockRestore());
  const { changesOf } = await startWatching(root);
  isClosed = false;
  await changesOf(() => chmodSync(join(root, 'closed'), 0o700));
  expect(await changesOf(() => appendFileSync(join(root, 'closed/x.js'), 'x'))).toEqual(['content closed/x.js']);
});
