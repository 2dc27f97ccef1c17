import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pruneCompileCache } from '../../src/records/prune-compile-cache.js';
import { makeTempFolder } from '../support/project.js';

/** A cache whose folders were written in this order, with a file in each. */
function makeCache(names: readonly string[]): string {
  const folder = makeTempFolder();
  for (const [index, name] of names.entries()) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'compiled'), '');
    utimesSync(join(folder, name), index + 1, index + 1);
  }
  return folder;
}

test.each<[string, string[], string[]]>([
  ['an older version of the same major version', ['v22.1.0-x64-a', 'v22.9.0-x64-b'], ['v22.9.0-x64-b']],
  ['a newer version that was used before', ['v22.9.0-x64-b', 'v22.1.0-x64-a'], ['v22.1.0-x64-a']],
  ['no other major version', ['v26.0.0-x64-c', 'v22.9.0-x64-b'], ['v22.9.0-x64-b', 'v26.0.0-x64-c']],
  ['nothing else', ['other', 'v22.9.0-x64-b'], ['other', 'v22.9.0-x64-b']],
])('of compiled code, %s is removed', async (_what, names, expected) => {
  const folder = makeCache(names);
  await pruneCompileCache(folder);
  expect(readdirSync(folder).sort()).toEqual(expected);
});

test('a missing compile cache is not an error', async () => {
  await pruneCompileCache(join(makeTempFolder(), 'missing'));
});
