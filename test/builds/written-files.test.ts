import { expect, test } from 'vitest';
import { WrittenFiles } from '../../src/builds/written-files.js';

const MANY = Array.from({ length: 100 }, (_, number) => `uploads/${number}.png`);

test.each<[string, string[], string[]]>([
  ['a file once', ['data.db', 'data.db'], ['/data.db']],
  ['a database and its companion files as one', ['data.db-journal', 'data.db', 'data.db-wal'], ['/data.db']],
  ['many files of a folder as one pattern', MANY, ['/uploads/0.png', '/uploads/*.png']],
  [
    'subfolders of a folder as one pattern',
    ['up/a/1.png', 'up/b/2.png', 'up/c/3.png', 'up/d/4.png'],
    ['/up/a/1.png', '/up/**/*.png'],
  ],
  ['files without an extension', ['up/a', 'up/b', 'up/.c'], ['/up/a', '/up/*']],
  [
    'files with different extensions separately',
    ['up/1.png', 'up/1.txt', 'a.txt'],
    ['/up/1.png', '/up/1.txt', '/a.txt'],
  ],
  [
    'at most three files next to the code, and never a pattern for them',
    ['a.js', 'b.js', 'c.js', 'd.js'],
    ['/a.js', '/b.js', '/c.js'],
  ],
  [
    'names with special characters as patterns that match them',
    ['a[1]*?.txt', 'b\\.txt'],
    ['/a\\[1]\\*\\?.txt', '/b\\\\.txt'],
  ],
])('names %s', (_, files, patterns) => {
  const written = new WrittenFiles();
  expect(files.flatMap((file) => written.note([file]))).toEqual(patterns);
});
