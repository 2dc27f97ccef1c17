import { expect, test } from 'vitest';
import { WrittenFiles } from '../../src/builds/written-files.js';

const MANY = Array.from({ length: 100 }, (_, number) => `uploads/${number}.png`);

test.each<[string, string[], string[]]>([
  ['a file once', ['data.db', 'data.db'], ['/data.db']],
  ['a database with what belongs to it as one', ['data.db-journal', 'data.db', 'data.db-wal'], ['/data.db']],
  ['many files of a folder by a pattern', MANY, ['/uploads/0.png', '/uploads/*.png']],
  [
    'folders of a folder by one pattern',
    ['up/a/1.png', 'up/b/2.png', 'up/c/3.png', 'up/d/4.png'],
    ['/up/a/1.png', '/up/**/*.png'],
  ],
  ['files without an extension', ['up/a', 'up/b', 'up/.c'], ['/up/a', '/up/*']],
  ['other kinds on their own', ['up/1.png', 'up/1.txt', 'a.txt'], ['/up/1.png', '/up/1.txt', '/a.txt']],
  [
    'few files next to the code, and never all of a kind',
    ['a.js', 'b.js', 'c.js', 'd.js'],
    ['/a.js', '/b.js', '/c.js'],
  ],
  [
    'names with special characters by patterns that match them',
    ['a[1]*?.txt', 'b\\.txt'],
    ['/a\\[1]\\*\\?.txt', '/b\\\\.txt'],
  ],
])('names %s', (_, files, patterns) => {
  const written = new WrittenFiles();
  expect(files.flatMap((file) => written.note([file]))).toEqual(patterns);
});
