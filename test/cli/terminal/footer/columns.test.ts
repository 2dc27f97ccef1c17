import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { type Column, fitColumns } from '../../../../src/cli/terminal/footer/columns.js';

function lay(columns: readonly Column[], width: number): string[] {
  const fitted = fitColumns(columns, width, stringWidth);
  const lines = [fitted.map(({ heading }) => heading), ...[0, 1].map((row) => fitted.map(({ cells }) => cells[row]))];
  return lines.map((cells) => cells.join('  ').trimEnd());
}

const id: Column = { heading: 'ID', cells: ['abcdef', 'ghijkl'], dropOrder: 2 };
const key: Column = {
  heading: 'KEY',
  cells: ['結合結合結合', 'a key that is long'],
  dropOrder: 0,
  minWidth: 6,
  maxWidth: 14,
};
const age: Column = { heading: 'AGE', cells: ['1s', '10m'], dropOrder: 1 };

test.each([
  [80, ['ID      KEY             AGE', 'abcdef  結合結合結合    1s', 'ghijkl  a key that ...  10m']],
  [23, ['ID      KEY         AGE', 'abcdef  結合結...   1s', 'ghijkl  a key t...  10m']],
  [19, ['ID      KEY     AGE', 'abcdef  結...   1s', 'ghijkl  a k...  10m']],
  [18, ['KEY            AGE', '結合結合結合   1s', 'a key that...  10m']],
  [10, ['KEY', '結合結...', 'a key t...']],
  [6, ['KEY', '結...', 'a k...']],
  [3, ['KEY', '結...', 'a k...']],
])('in %i columns long texts are shortened first, then the least important columns dropped', (width, expected) => {
  const lines = lay([id, key, age], width);
  expect(lines.map((line) => line.replaceAll(/ +/g, ' '))).toEqual(expected.map((line) => line.replaceAll(/ +/g, ' ')));
  for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(Math.max(6, width));
});

test('columns are aligned, with wide characters too', () => {
  const [heading = '', first = '', second = ''] = lay([id, key, age], 80);
  const at = heading.indexOf('AGE');
  expect(stringWidth(first.slice(0, first.indexOf('1s')))).toBe(at);
  expect(stringWidth(second.slice(0, second.indexOf('10m')))).toBe(at);
});
