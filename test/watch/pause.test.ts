import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeProject } from '../support/project.js';
import { startWatching } from './watcher-support.js';

test('a pause holds back changes, which are reported once after it', async () => {
  const root = makeProject({ 'a.js': 'one', 'b.js': 'one' });
  const { watcher, batches, batchesOf } = await startWatching(root);
  watcher.pause();
  writeFileSync(join(root, 'a.js'), 'two');
  writeFileSync(join(root, 'b.js'), 'two');
  writeFileSync(join(root, 'b.js'), 'one');
  const reported = await batchesOf(() => watcher.resume());
  expect(reported).toEqual([['content a.js']]);
  expect(batches).toEqual(reported);
});

test('changes listed during a pause are still reported after it', async () => {
  const root = makeProject({ 'a.js': 'one' });
  const { watcher, batches } = await startWatching(root);
  watcher.pause();
  writeFileSync(join(root, 'a.js'), 'two');
  expect((await watcher.heldBack()).map(({ path }) => path)).toEqual(['a.js']);
  expect(batches).toEqual([]);
  watcher.resume();
  await watcher.settled();
  expect(batches).toEqual([['content a.js']]);
  expect(await watcher.heldBack()).toEqual([]);
});
