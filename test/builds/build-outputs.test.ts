import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { BuildOutputs } from '../../src/builds/build-outputs.js';
import { createFingerprint } from '../../src/os/fingerprint.js';
import { makeProject } from '../support/project.js';

/** A folder in which builds write files, and the fingerprint of their output. */
function makeOutputs() {
  const folder = makeProject({ 'server.js': 'x' });
  const outputs = new BuildOutputs(folder, createFingerprint());
  const build = async (files: Record<string, string>) => {
    const startedAt = Date.now();
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    return outputs.look(startedAt);
  };
  return { folder, build };
}

test('a build that writes the same content has the same output', async () => {
  const { build } = makeOutputs();
  const first = await build({ 'dist/a.js': '1', 'dist/deep/b.js': '2' });
  expect(await build({ 'dist/a.js': '1', 'dist/deep/b.js': '2' })).toBe(first);
});

test.each([
  ['different content', { 'dist/a.js': '2' }],
  ['one more file', { 'dist/a.js': '1', 'dist/b.js': '' }],
])('a build that writes %s has a different output', async (_name, files) => {
  const { build } = makeOutputs();
  const first = await build({ 'dist/a.js': '1' });
  expect(await build(files)).not.toBe(first);
});

test('a build that rewrites only a part of its output unchanged has the same output', async () => {
  const { build } = makeOutputs();
  const first = await build({ 'dist/a.js': '1', 'dist/b.js': '2' });
  expect(await build({ 'dist/a.js': '1' })).toBe(first);
});

test('output that keeps an old modification time, as a copy does, counts', async () => {
  const { folder, build } = makeOutputs();
  const first = await build({ 'dist/a.js': '1' });
  const startedAt = Date.now();
  writeFileSync(join(folder, 'dist/a.js'), '2');
  utimesSync(join(folder, 'dist/a.js'), new Date(0), new Date(startedAt - 60_000));
  expect(await build({})).not.toBe(first);
});

test('files in folders of tools do not count as output', async () => {
  const { build } = makeOutputs();
  const first = await build({ 'dist/a.js': '1' });
  expect(await build({ 'node_modules/.cache/x': '1', '.git/index': '2' })).toBe(first);
});
