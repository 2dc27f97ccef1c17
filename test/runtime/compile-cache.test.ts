import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CompileCache } from '../../src/runtime/process/compile-cache.js';
import { makeTempFolder } from '../support/project.js';

/** A folder for the PATH with a `node` that reports a version. */
function makeNode(version: string): string {
  const folder = makeTempFolder();
  mkdirSync(join(folder, 'bin'));
  const file = join(folder, 'bin', 'node');
  writeFileSync(file, `#!/bin/sh\necho ${version}\n`);
  chmodSync(file, 0o755);
  return join(folder, 'bin');
}

const cache = new CompileCache('/state/compile-cache');

test.each<[string, boolean]>([
  ['v18.20.0', false],
  ['v20.19.0', false],
  ['v22.0.0', false],
  ['v22.1.0', true],
  ['v24.0.0', true],
  ['nonsense', false],
])('Node.js %s has the cache: %s', (version, has) => {
  const variables = cache.variablesFor('/', { PATH: `${makeNode(version)}:/bin:/usr/bin` });
  expect(variables).toEqual(has ? { NODE_COMPILE_CACHE: '/state/compile-cache' } : {});
});

test.each(['NODE_COMPILE_CACHE', 'NODE_DISABLE_COMPILE_CACHE', 'NODE_V8_COVERAGE'])(
  'a backend with %s keeps its own setting',
  (name) => {
    expect(cache.variablesFor('/', { PATH: `${makeNode('v24.0.0')}:/bin:/usr/bin`, [name]: '' })).toEqual({});
  },
);

test('without a node on the PATH there is no cache', () => {
  expect(cache.variablesFor('/', { PATH: makeTempFolder() })).toEqual({});
});
