import { execFile, execFileSync } from 'node:child_process';
import { symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readConfigFile, readManifest } from '../../src/config/config-file.js';
import { createReadEnvFiles } from '../../src/config/env-file.js';
import { createReadEnvText } from '../../src/config/env-text.js';
import { makeProject } from '../support/project.js';

const MIB = 1024 * 1024;

/** Creates something that is not a regular file, or is too large, at a path. */
const KINDS: Record<string, (path: string) => unknown> = {
  'a named pipe': (path) => execFileSync('mkfifo', [path]),
  'a link to a named pipe': (path) => {
    execFileSync('mkfifo', [`${path}.pipe`]);
    symlinkSync(`${path}.pipe`, path);
  },
  'an endless device': (path) => symlinkSync('/dev/zero', path),
  'a socket': (path) => new Promise<void>((resolve) => createServer().unref().listen(path, resolve)),
  'a 1 GB file': (path) => {
    writeFileSync(path, '');
    truncateSync(path, 1024 * MIB);
  },
};

describe.each(Object.entries(KINDS))('%s', (_kind, make) => {
  test.each([
    ['config file', 'jamsocket.config.json', readConfigFile],
    ['package.json', 'package.json', readManifest],
  ])('is refused at once as %s', async (_what, file, read) => {
    const project = makeProject();
    await make(join(project, file));
    await expect(read(project)).rejects.toMatchObject({
      code: 'ConfigUnreadable',
      message: expect.stringMatching(
        / is a (named pipe|device|socket), not a regular file\.$| is larger than 4 MiB\.$/,
      ),
    });
  });
});

describe('an env file', () => {
  const readEnvFiles = createReadEnvFiles();

  function makePipe(): { path: string; named: boolean } {
    const path = join(makeProject(), '.env');
    execFileSync('mkfifo', [path]);
    return { path, named: false };
  }

  /** Writes into a pipe from another process, because open() waits for a reader. */
  function writeLater(path: string, script: string): Promise<void> {
    return new Promise((resolve, reject) =>
      execFile('sh', ['-c', script, 'sh', path], (error) => (error ? reject(error) : resolve())),
    );
  }

  test('that is a named pipe is read when a process writes to it, in parts and repeatedly', async () => {
    const file = makePipe();
    for (const value of ['1', '2']) {
      const reading = readEnvFiles([file]);
      await writeLater(file.path, `exec > "$1"; printf A; sleep 0.1; echo =${value}`);
      expect((await reading).env).toEqual({ A: value });
    }
  });

  test('that is a named pipe is read once for all concurrent callers', async () => {
    const file = makePipe();
    const readings = [1, 2, 3].map(() => readEnvFiles([file]));
    await writeLater(file.path, 'echo A=1 > "$1"');
    expect((await Promise.all(readings)).map(({ env }) => env)).toEqual([{ A: '1' }, { A: '1' }, { A: '1' }]);
  });

  test('that is a pipe without a writer is given up after the timeout of 10 s', async () => {
    const { path } = makePipe();
    await expect(createReadEnvText(50)(path)).rejects.toMatchObject({
      code: 'ConfigUnreadable',
      message: expect.stringContaining(`The env file ${path} could not be read within 0.05 s`),
    });
  });

  test('that is a pipe whose writer never closes it is given up too, and the writer is released', async () => {
    const { path } = makePipe();
    const reading = createReadEnvText(200)(path);
    const writer = open(path, 'w');
    await (await writer).write('A=1\n');
    await expect(reading).rejects.toMatchObject({ code: 'ConfigUnreadable' });
    await (await writer).close();
  });

  test('that is a pipe is no longer awaited by a canceled build, but still by others', async () => {
    const file = makePipe();
    const controller = new AbortController();
    const cancelled = readEnvFiles([file], controller.signal);
    const other = readEnvFiles([file]);
    controller.abort(new Error('superseded'));
    await expect(cancelled).rejects.toThrow('superseded');
    await writeLater(file.path, 'echo A=1 > "$1"');
    expect((await other).env).toEqual({ A: '1' });
  });

  test('that is a pipe is not read while no build waits: the next one gets all of it', async () => {
    const file = makePipe();
    const controller = new AbortController();
    const cancelled = readEnvFiles([file], controller.signal);
    controller.abort(new Error('superseded'));
    await expect(cancelled).rejects.toThrow('superseded');
    const next = readEnvFiles([file]);
    await writeLater(file.path, 'echo A=1 > "$1"');
    expect((await next).env).toEqual({ A: '1' });
  });

  test('may be /dev/null', async () => {
    expect((await readEnvFiles([{ path: '/dev/null', named: true }])).env).toEqual({});
  });

  test.each([
    ['an endless device', ' is larger than 4 MiB.'],
    ['a 1 GB file', ' is larger than 4 MiB.'],
    ['a socket', ' is a socket, not a regular file.'],
  ])('that is %s is refused', async (kind, message) => {
    const path = join(makeProject(), '.env');
    await KINDS[kind]?.(path);
    await expect(readEnvFiles([{ path, named: true }])).rejects.toMatchObject({ message: `${path}${message}` });
  });

  test('that is a folder is refused', async () => {
    const path = makeProject();
    await expect(readEnvFiles([{ path, named: true }])).rejects.toMatchObject({
      message: `${path} is a folder, not a regular file.`,
    });
  });
});
