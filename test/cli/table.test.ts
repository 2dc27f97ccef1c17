import { expect, test } from 'vitest';
import { formatTable } from '../../src/cli/terminal/table.js';

test('columns are as wide as their widest cell, two spaces apart, without trailing spaces', () => {
  const rows = [
    ['abc', 'doc-1', '3'],
    ['a', 'a very long key', ''],
  ];
  expect(formatTable(['ID', 'KEY', 'N'], rows)).toEqual([
    'ID   KEY              N',
    'abc  doc-1            3',
    'a    a very long key',
  ]);
});

test('without rows there are only headings', () => {
  expect(formatTable(['ID', 'KEY'], [])).toEqual(['ID  KEY']);
});
