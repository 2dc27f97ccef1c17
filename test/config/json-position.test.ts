import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findJsonError, positionAt } from '../../src/config/json-position.js';

test.each([
  ['', 0, 1, 1],
  ['abc', 2, 1, 3],
  ['a\nb', 2, 2, 1],
  ['a\r\nbc', 4, 2, 2],
  ['a\n\n\nb', 4, 4, 1],
  ['abc', 3, 1, 4],
])('in %j, offset %d is line %d, column %d', (text, offset, line, column) => {
  expect(positionAt(text, offset)).toEqual({ line, column });
});

test.each([
  ['', 1, 1, 'value expected'],
  ['{', 1, 2, 'close brace expected'],
  ['{\n  "a": 1\n  "b": 2\n}', 3, 3, 'comma expected'],
  ['{"a" 1}', 1, 6, 'colon expected'],
  ['{a: 1}', 1, 2, 'invalid symbol'],
  ['{"a": 1,}', 1, 9, 'property name expected'],
  ['{"a": 1} {}', 1, 10, 'end of file expected'],
  ['{"a": 1} x', 1, 10, 'invalid symbol'],
  ['{\n// note\n"a": 1}', 2, 1, 'invalid comment token'],
  ['{"a": "b', 1, 7, 'unexpected end of string'],
  ['['.repeat(200_000), 1, 1, 'it is nested too deeply'],
])('%j stops being JSON at line %d, column %d: %s', (text, line, column, detail) => {
  expect(findJsonError(text)).toEqual({ line, column, detail });
});

test('any text that JSON.parse refuses gets a position inside the text and a reason', () => {
  const pieces = fc.array(
    fc.constantFrom('{', '}', '[', ']', ':', ',', '"', '\\', '\n', 'a', '1', '.', '-', ' ', '//', '\u0000', '\uFEFF'),
  );
  fc.assert(
    fc.property(pieces, (parts) => {
      const text = parts.join('');
      let refused = false;
      try {
        JSON.parse(text);
      } catch {
        refused = true;
      }
      fc.pre(refused);
      const { line, column, detail } = findJsonError(text);
      const lines = text.split('\n');
      expect(line).toBeGreaterThanOrEqual(1);
      expect(line).toBeLessThanOrEqual(lines.length);
      expect(column).toBeGreaterThanOrEqual(1);
      expect(column).toBeLessThanOrEqual((lines[line - 1] ?? '').length + 1);
      expect(detail).toMatch(/^[a-z ,J-S]+$/);
    }),
    { numRuns: 500 },
  );
});
