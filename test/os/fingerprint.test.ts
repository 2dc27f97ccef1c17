import { execFileSync } from 'node:child_process';
import { appendFile, chmod, mkdir, mkdtemp, rename, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFingerprint, MAX_HASHED_BYTES } from '../../src/os/fingerprint.js';

let folder: string;
let path: string;
const fingerprint = createFingerprint();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jamdev-fingerprint-'));
  path = join(folder, 'file');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('a path has the same fingerprint after', () => {
  test.each<[string, () => Promise<unknown>]>([
    ['no change', async () => undefined],
    ['a touch', () => utimes(path, new Date(0), new Date(0))],
    ['a rewrite of the same content', () => writeFile(path, 'one')],
    [
      'a rename of a file with the same content',
      async () => {
        await writeFile(`${path}.new`, 'one');
        await rename(`${path}.new`, path);
      },
    ],
    ['another mode that is not executable', () => chmod(path, 0o600)],
  ])('%s', async (_name, change) => {
    await writeFile(path, 'one');
    const before = await fingerprint(path);
    await change();
    expect(await fingerprint(path)).toBe(before);
  });
});

describe('a path has a different fingerprint after', () => {
  test.each<[string, () => Promise<unknown>]>([
    ['other content of the same size', () => writeFile(path, 'two')],
    ['longer content', () => appendFile(path, 'more')],
    ['truncation', () => truncate(path)],
    ['its executable bit is set', () => chmod(path, 0o755)],
    ['it is deleted', () => rm(path)],
    [
      'it became a folder',
      async () => {
        await rm(path);
        await mkdir(path);
      },
    ],
    [
      'it became a link to the same content',
      async () => {
        await rename(path, `${path}.old`);
        await symlink('file.old', path);
      },
    ],
    ['it grew beyond what is hashed', () => truncate(path, MAX_HASHED_BYTES + 1)],
  ])('%s', async (_name, change) => {
    await writeFile(path, 'one');
    const before = await fingerprint(path);
    await change();
    expect(await fingerprint(path)).not.toBe(before);
  });

  test('the content or the target of a link has changed', async () => {
    await writeFile(join(folder, 'a'), 'one');
    await writeFile(join(folder, 'b'), 'two');
    await symlink('a', path);
    const seen = [await fingerprint(path)];
    await writeFile(join(folder, 'a'), 'two');
    seen.push(await fingerprint(path));
    await rm(path);
    await symlink('b', path);
    seen.push(await fingerprint(path));
    await rm(join(folder, 'b'));
    seen.push(await fingerprint(path));
    expect(new Set(seen).size).toBe(4);
    expect(seen[3]).toBe('link b ENOENT');
  });

  test('a large file was written, even with the same size', async () => {
    await writeFile(path, '');
    await truncate(path, MAX_HASHED_BYTES + 1);
    await utimes(path, new Date(0), new Date(1));
    const before = await fingerprint(path);
    await utimes(path, new Date(0), new Date(2));
    expect(await fingerprint(path)).not.toBe(before);
  });
});

describe('a path that is not a regular file is named and never opened:', () => {
  test('a named pipe, also through a link', async () => {
    execFileSync('mkfifo', [path]);
    await symlink('file', join(folder, 'link'));
    expect(await fingerprint(path)).toBe('named pipe');
    expect(await fingerprint(join(folder, 'link'))).toBe('link file named pipe');
  });

  test('a socket', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(path, resolve));
    expect(await fingerprint(path)).toBe('socket');
    await new Promise((resolve) => server.close(resolve));
  });

  test('a device, a folder, a link to itself, a missing file', async () => {
    await symlink('file', path);
    const paths = ['/dev/zero', folder, path, join(folder, 'missing')];
    expect(await Promise.all(paths.map(fingerprint))).toEqual(['device', 'folder', 'link file ELOOP', 'ENOENT']);
  });
});

test('a 1 GB file is not read', async () => {
  await writeFile(path, '');
  await truncate(path, 1024 ** 3);
  expect(await fingerprint(path)).toMatch(/^file 1073741824 bytes /);
});

test('thousands of paths at once each get their own fingerprint', async () => {
  const paths = Array.from({ length: 3_000 }, (_, index) => join(folder, `${index}`));
  await Promise.all(paths.map((each, index) => writeFile(each, `${index % 1_000}`)));
  const all = await Promise.all(paths.map(fingerprint));
  expect(new Set(all).size).toBe(1_000);
});
