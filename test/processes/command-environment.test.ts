import { delimiter, join } from 'node:path';
import { expect, test } from 'vitest';
import { commandEnvironment } from '../../src/processes/command-environment.js';

test('local binaries of the project and its parent folders come first on the PATH, nearest first', () => {
  const path = commandEnvironment(join('/a', 'b')).PATH ?? '';
  expect(path.split(delimiter).slice(0, 3)).toEqual([
    '/a/b/node_modules/.bin',
    '/a/node_modules/.bin',
    '/node_modules/.bin',
  ]);
  expect(path.endsWith(`${delimiter}${process.env.PATH}`)).toBe(true);
});

test('later layers override earlier ones and the user’s environment, which is not modified', () => {
  const before = { ...process.env };
  const env = commandEnvironment('/', { A: '1', B: '1', HOME: '/elsewhere' }, { B: '2', PATH: '/only' });
  expect(env).toMatchObject({ A: '1', B: '2', HOME: '/elsewhere', PATH: `/node_modules/.bin${delimiter}/only` });
  expect(process.env).toEqual(before);
});
