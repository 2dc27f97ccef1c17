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

/** Makes something that is no regular file, or too large a one, at a path. */
const KINDS: Record<string, (path: string) => unknown> = {
  'a named pipe': (path) => execFileSync('mkfifo', [path]),
  'a link to a named pipe': (path) => {
    execFileSync('mkfifo', [`${path}.pipe`]);
    symlinkSync(`${path}.pipe`, path);
  },
  'a device without an end': (path) => symlinkSync('/dev/zero', path),
  'a socket': (path) => new Promise<void>((resolve) => createServer().unref().listen(path, resolve)),
  'a file of 1 GB': (path) => {
    writeFileSync(path, '');
    truncateSync(path, 1024 * MIB);
  },
};

describe.each(Object.entries(KINDS))('%s', (_kind, make) => {
  test.each([
    ['config file', 'jamsocket.config.json', readConfigFile],
    ['package.json', 'package.json', readManifest],
  ])('is refused as %s, at once', async (_what, file, read) => {
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

  /** Writes into a pipe in another process, as its open() waits for a reader. */
  function writeLater(path: string, script: string): Promise<void> {
    return new Promise((resolve, reject) =>
      execFile('sh', ['-c', script, 'sh', path], (error) => (error ? reject(error) : resolve())),
    );
  }

  test('that is a named pipe is read when somebody writes it, in parts and again', async () => {
    const file = makePipe();
    for (const value of ['1', '2']) {
      const reading = readEnvFiles([file]);
      await writeLater(file.path, `exec > "$1"; printf A; sleep 0.1; echo =${value}`);
      expect((await reading).env).toEqual({ A: value });
    }
  });

  test('that is a named pipe is read once for all who ask at the same time', async () => {
    const file = makePipe();
    const readings = [1, 2, 3].map(() => readEnvFiles([file]));
    await writeLater(file.path, 'echo A=1 > "$1"');
    expect((await Promise.all(readings)).map(({ env }) => env)).toEqual([{ A: '1' }, { A: '1' }, { A: '1' }]);
  });

  test('that nobody writes is given up after the time, which is 10 s', async () => {
    const { path } = makePipe();
    await expect(createReadEnvText(50)(path)).rejects.toMatchObject({
      code: 'ConfigUnreadable',
      message: expect.stringContaining(`The env file ${path} could not be read within 0.05 s`),
    });
  });

  test('that a writer opens and never finishes is given up as well, and the writer is let go', async () => {
    const { path } = makePipe();
    const reading = createReadEnvText(200)(path);
    const writer = open(path, 'w');
    await (await writer).write('A=1\n');
    await expect(reading).rejects.toMatchObject({ code: 'ConfigUnreadable' });
    await (await writer).close();
  });

  test('a canceled build stops waiting for it, others keep waiting', async () => {
    const file = makePipe();
    const controller = new AbortController();
    const cancelled = readEnvFiles([file], controller.signal);
    const other = readEnvFiles([file]);
    controller.abort(new Error('superseded'));
    await expect(cancelled).rejects.toThrow('superseded');
    await writeLater(file.path, 'echo A=1 > "$1"');
    expect((await other).env).toEqual({ A: '1' });
  });

  test('is not read when no build waits for it anymore: the next one gets all of it', async () => {
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
    ['a device without an end', ' is larger than 4 MiB.'],
    ['a file of 1 GB', ' is larger than 4 MiB.'],
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
