import { mkdirSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createVolumeFolder, type VolumeFolder, volumeFolderOf } from '../../src/records/volume-folder.js';
import { makeTempFolder } from '../support/project.js';

describe('the folder of a mount', () => {
  const of = (key: string, mount: string | boolean | undefined, service = 's') =>
    volumeFolderOf(['/v'], service, key, mount)?.path;

  test('is none, that of the key, or one inside it', () => {
    expect(of('k', undefined)).toBeUndefined();
    expect(of('k', false)).toBeUndefined();
    expect(of('k', true)).toMatch(/^\/v\/s-[0-9a-f]{12}\/k-[0-9a-f]{12}$/);
    expect(of('k', 'a/b')).toBe(`${of('k', true)}/a/b`);
  });

  test.each(['../x', '..', '.', '/x', 'a/../../b', 'a\\..\\b', '', 'a\0b'])(
    '%j cannot point outside of it',
    (mount) => {
      expect(() => of('k', mount)).toThrow('is outside the folder of its key');
    },
  );

  test('is separate for every key, whatever characters it has', () => {
    const keys = ['a', 'A', 'a/b', 'a_b', '..', '../..', '🦊'.repeat(128), '🦊'.repeat(127), 'a\0b', ' ', '-rf'];
    const folders = keys.map((key) => of(key, true) as string);
    expect(new Set(folders.map((folder) => folder.toLowerCase())).size).toBe(keys.length);
    for (const folder of folders) expect(folder).toMatch(/^\/v\/s-[0-9a-f]{12}\/[\w-]{1,60}$/);
    expect(of('a', true, 's')).not.toBe(of('a', true, 't'));
  });

  test('stays in an earlier place if it exists there and is not a link', () => {
    const [first, second] = [makeTempFolder(), makeTempFolder()];
    const find = (mount: string | true) => volumeFolderOf([first, second], 's', 'k', mount);
    const inSecond = join(second, relative(first, find(true)?.path ?? ''));
    mkdirSync(dirname(inSecond), { recursive: true });
    symlinkSync(makeTempFolder(), inSecond);
    expect(find(true)?.volumes).toBe(first);
    rmSync(inSecond);
    mkdirSync(inSecond);
    expect(find('a/b')).toEqual({ volumes: second, path: join(inSecond, 'a', 'b') });
    createVolumeFolder(volumeFolderOf([first], 's', 'k', true) as VolumeFolder);
    expect(find(true)?.volumes).toBe(first);
  });

  test('is writable for any user that a container runs as, and not for others', () => {
    const volumes = join(makeTempFolder(), 'volumes');
    const folder = volumeFolderOf([volumes], 's', 'k', 'a/b') as VolumeFolder;
    createVolumeFolder(folder);
    createVolumeFolder(folder);
    expect(statSync(folder.path).mode & 0o777).toBe(0o777);
    expect(statSync(volumes).mode & 0o777).toBe(0o700);
  });

  test.each([
    ['a link that a container left', (path: string, target: string) => symlinkSync(target, path)],
    ['a file', (path: string) => writeFileSync(path, '')],
  ])('%s on the way is not followed', (_name, leave) => {
    const volumes = join(makeTempFolder(), 'volumes');
    const key = volumeFolderOf([volumes], 's', 'k', true) as VolumeFolder;
    createVolumeFolder(key);
    const target = makeTempFolder();
    leave(join(key.path, 'sub'), target);
    for (const mount of ['sub', 'sub/deeper']) {
      const folder = volumeFolderOf([volumes], 's', 'k', mount) as VolumeFolder;
      expect(() => createVolumeFolder(folder)).toThrow(
        expect.objectContaining({ code: 'StateFolderUnsafe', message: expect.stringContaining(join(key.path, 'sub')) }),
      );
    }
    expect(readdirSync(target)).toEqual([]);
    expect(statSync(target).mode & 0o077).toBe(0);
  });
});
