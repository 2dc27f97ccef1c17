import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { volumeFolderOf } from '../../../src/records/volume-folder.js';
import { volumeName } from '../../../src/runtime/docker/remote-volume.js';
import { tarOfFolder } from '../../../src/runtime/docker/tar-of-folder.js';

const nameOf = (state: string, service: string, key: string, mount: string | true = true) =>
  volumeName(state, volumeFolderOf(['/nonexistent'], service, key, mount) as { volumes: string; path: string });

test('a volume of any key has a name that Docker accepts', () => {
  const property = fc.property(fc.string({ minLength: 1, maxLength: 128, unit: 'grapheme' }), (key) => {
    expect(nameOf('state', 'default', key)).toMatch(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,200}$/);
  });
  fc.assert(property);
});

test('every combination of state folder, service, key and subpath has its own volume', () => {
  const names = [
    nameOf('state', 'default', 'doc'),
    nameOf('other', 'default', 'doc'),
    nameOf('state', 'chat', 'doc'),
    nameOf('state', 'default', 'Doc'),
    nameOf('state', 'default', 'doc', 'a'),
    nameOf('state', 'default', 'doc', 'a/b'),
  ];
  expect(new Set(names).size).toBe(names.length);
  expect(nameOf('state', 'default', 'doc')).toBe(names[0]);
  expect(nameOf('state', 'default', 'doc', 'a//b/')).toBe(names[5]);
});

test('the archive of a folder can be read by tar', () => {
  const { stdout, status } = spawnSync('tar', ['-tvf', '-'], {
    input: tarOfFolder('plane-data', 0o777),
    encoding: 'utf8',
  });
  expect(status).toBe(0);
  expect(stdout).toMatch(/^drwxrwxrwx.* plane-data\/\n$/);
});
