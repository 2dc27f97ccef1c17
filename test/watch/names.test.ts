import { appendFileSync, mkdirSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { makeProject } from '../support/project.js';
import { startWatching } from './watcher-support.js';

/** Names of files, one character per byte, and how they are displayed. */
const NAMES: [what: string, name: string, shown: string][] = [
  ['a backslash', 'a\\b.js', 'a\\b.js'],
  ['a line feed', 'a\nb.js', 'a\nb.js'],
  ['leading and trailing white space', ' a.js ', ' a.js '],
  ['pattern characters', '[a]*?{b}!#$.js', '[a]*?{b}!#$.js'],
  ['a colon and quotes', 'a:"b\'.js', 'a:"b\'.js'],
  ['non-ASCII letters', Buffer.from('zażółć 日本 🐢.js').toString('latin1'), 'zażółć 日本 🐢.js'],
  ['decomposed letters', Buffer.from('e\u0301.js').toString('latin1'), 'e\u0301.js'],
  ['invalid UTF-8', 'caf\xe9.js', 'caf\\xe9.js'],
  ['255 bytes', 'x'.repeat(255), 'x'.repeat(255)],
  ['a property name of Object.prototype', 'constructor', 'constructor'],
  ['another property name of Object.prototype', '__proto__', '__proto__'],
  ['a leading dot', '.hidden', '.hidden'],
  ['the name of its folder', 'deep', 'deep'],
];

describe('a name can have', () => {
  test.each(NAMES)('%s: as a file', async (_what, name, shown) => {
    const root = makeProject({ '.gitignore': '*.log\n', 'deep/x.js': '' });
    const path = Buffer.from(`${root}/deep/${name}`, 'latin1');
    const { changesOf } = await startWatching(root);
    expect(await changesOf(() => writeFileSync(path, ''))).toEqual([`created deep/${shown}`]);
    expect(await changesOf(() => appendFileSync(path, 'x'))).toEqual([`content deep/${shown}`]);
    expect(await changesOf(() => writeFileSync(path, 'x'))).toEqual([]);
    expect(await changesOf(() => unlinkSync(path))).toEqual([`deleted deep/${shown}`]);
  });

  test.each(NAMES)('%s: as a folder', async (_what, name, shown) => {
    const root = makeProject({ 'x.js': '' });
    const folder = Buffer.from(`${root}/${name}`, 'latin1');
    const file = Buffer.concat([folder, Buffer.from('/a.js')]);
    mkdirSync(folder);
    writeFileSync(file, '');
    const { changesOf } = await startWatching(root);
    expect(await changesOf(() => appendFileSync(file, 'x'))).toEqual([`content ${shown}/a.js`]);
    expect(await changesOf(() => renameSync(folder, `${root}/moved`))).toEqual(
      ['created moved/a.js', `deleted ${shown}/a.js`].sort(),
    );
  });
});
