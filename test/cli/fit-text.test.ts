import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { fitMiddle, fitToWidth, sliceToWidth } from '../../src/cli/terminal/fit-text.js';

test.each([
  ['hello', 5, 'hello'],
  ['hello', 4, 'hell'],
  ['結合', 3, '結'],
  ['a👨‍👩‍👧b', 3, 'a👨‍👩‍👧'],
  ['a👨‍👩‍👧b', 2, 'a'],
  ['e\u0301e\u0301', 1, 'e\u0301'],
  ['🇨🇭🇨🇭', 3, '🇨🇭'],
  ['', 3, ''],
  ['x', 0, ''],
])('of %j, %i columns show %j', (text, columns, expected) => {
  expect(sliceToWidth(text, columns, stringWidth)).toBe(expected);
});

test.each([
  ['hello', 5, 'hello'],
  ['hello!', 5, 'he...'],
  ['結合結合', 7, '結合...'],
  ['結合結合', 6, '結...'],
  ['hello', 3, 'hel'],
])('%j in %i columns is shown as %j', (text, columns, expected) => {
  expect(fitToWidth(text, columns, stringWidth)).toBe(expected);
});

test.each<[string, number, string]>([
  ['short', 10, 'short'],
  ['document-1-chapter-12', 12, 'docum...r-12'],
  ['document-1-chapter-12', 5, 'd...2'],
  ['document-1-chapter-12', 4, 'docu'],
  ['\u6587\u66f8\u6587\u66f8\u6587\u66f8-1', 9, '\u6587\u66f8...-1'],
])('%s is shortened in the middle to %i columns', (text, columns, expected) => {
  const fitted = fitMiddle(text, columns, stringWidth);
  expect(fitted).toBe(expected);
  expect(stringWidth(fitted)).toBeLessThanOrEqual(columns);
});
