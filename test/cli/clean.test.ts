import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cleanOutput, cleanText, lastPart } from '../../src/cli/terminal/clean.js';

describe('output of a backend', () => {
  test.each([
    ['plain text', 'hello', 'hello'],
    ['text in any script', 'grüße 🦊 日本', 'grüße 🦊 日本'],
    ['tabs', 'a\tb', 'a\tb'],
    ['colors, closed at the end', '\u001b[31mred\u001b[0m', '\u001b[31mred\u001b[0m\u001b[0m'],
    ['long colors', '\u001b[38;2;1;2;3;48:5:7mx', '\u001b[38;2;1;2;3;48:5:7mx\u001b[0m'],
  ])('keeps %s', (_what, text, cleaned) => {
    expect(cleanOutput(text, true)).toBe(cleaned);
  });

  test.each([
    ['clearing the screen', 'a\u001b[2Jb', 'ab'],
    ['moving the cursor', 'a\u001b[10;5H\u001b[Ab', 'ab'],
    ['private modes', 'a\u001b[?1049h\u001b[?25lb', 'ab'],
    ['a title ended by a bell', 'a\u001b]0;title\u0007b', 'ab'],
    ['a title ended by a string terminator', 'a\u001b]0;title\u001b\\b', 'ab'],
    ['a link', '\u001b]8;;http://x\u001b\\text\u001b]8;;\u001b\\', 'text'],
    ['the clipboard', 'a\u001b]52;c;aGk=\u0007b', 'ab'],
    ['device strings', 'a\u001bP1$qm\u001b\\b\u001b_app\u001b\\c\u001b^pm\u001b\\d', 'abcd'],
    ['an unterminated title', 'a\u001b]0;title', 'a'],
    ['resetting the terminal', 'a\u001bcb', 'ab'],
    ['other character sets', 'a\u001b(0b', 'ab'],
    ['saving the cursor', 'a\u001b7b\u001b8c', 'abc'],
    ['the bell and backspaces', 'a\u0007b\u0008c', 'abc'],
    ['overwritten text', 'loading\rdone\r', 'done'],
    ['one-byte sequences', 'a\u009b2Jb\u0090x\u009c', 'a2Jbx'],
    ['a lone escape', 'a\u001b', 'a'],
    ['an unterminated sequence', 'a\u001b[12', 'a'],
    ['a sequence that contains controls', 'a\u001b\u0000[2\u00002Jb', 'ab'],
    ['an escape before a sequence', 'a\u001b\u001b[2Jb', 'ab'],
    ['key reports of xterm, which end like colors', 'a\u001b[>4;2mb', 'ab'],
    ['ends of lines', 'a\nb\u2028c\u0085d\u000be', 'a b c d e'],
    ['marks that reverse the direction of text', 'a\u202eb\u2066c\u200fd\u061ce\u2069', 'abcde'],
    ['delete', 'a\u007fb', 'ab'],
  ])('loses %s', (_what, text, cleaned) => {
    expect(cleanOutput(text, true)).toBe(cleaned);
    expect(cleanOutput(text, false)).toBe(cleaned);
  });

  test('loses its colors where they are not wanted', () => {
    expect(cleanOutput('\u001b[31mred\u001b[0m', false)).toBe('red');
  });
});

/** Everything that a terminal obeys, in pieces that may form new sequences when the text between them is removed. */
const HOSTILE = [
  ...['\u001b', '\u001b[', '\u001b]', '\u001bP', '\u001bX', '\u001b^', '\u001b_', '\u001b\\', '\u001b(', '\u001bc'],
  ...[
    '\u009b',
    '\u009d',
    '\u0090',
    '\u0098',
    '\u009e',
    '\u009f',
    '\u009c',
    '\u0085',
    '\u0007',
    '\u0000',
    '\u0018',
    '\u007f',
  ],
  ...[
    '\u202a',
    '\u202b',
    '\u202c',
    '\u202d',
    '\u202e',
    '\u2066',
    '\u2067',
    '\u2068',
    '\u2069',
    '\u200e',
    '\u200f',
    '\u061c',
  ],
  ...[
    '\u2028',
    '\u2029',
    '\r',
    '\n',
    '\t',
    '\b',
    '\v',
    '\f',
    '[2J',
    '52;c;aGk=',
    '0;title',
    '31',
    ';',
    ':',
    '?',
    '>',
    ' ',
    'm',
    'J',
  ],
  ...['a', 'é', '結', '🦊', '\ud800', '\udc00'],
];
const nasty = fc
  .array(fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'binary', maxLength: 3 })), { maxLength: 30 })
  .map((parts) => parts.join(''));
const OBEYED = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f]/;
const COLORS = /\u001b\[[0-9;:]*m/g;

test('without colors, nothing is left that a terminal obeys', () => {
  fc.assert(
    fc.property(nasty, (text) => {
      expect(cleanOutput(text, false)).not.toMatch(OBEYED);
      expect(cleanText(text)).not.toMatch(OBEYED);
      expect(cleanText(text)).not.toContain('\t');
    }),
    { numRuns: 3_000 },
  );
});

test('with colors, nothing but colors is left that a terminal obeys, and they end with the line', () => {
  fc.assert(
    fc.property(nasty, (text) => {
      const cleaned = cleanOutput(text, true);
      expect(cleaned.replace(COLORS, '')).not.toMatch(OBEYED);
      if (cleaned.includes('\u001b')) expect(cleaned.endsWith('\u001b[0m')).toBe(true);
    }),
    { numRuns: 3_000 },
  );
});

test('clean text stays unchanged, and cleaning is idempotent', () => {
  fc.assert(
    fc.property(nasty, (text) => {
      expect(cleanText(cleanText(text))).toBe(cleanText(text));
      expect(cleanOutput(cleanOutput(text, false), false)).toBe(cleanOutput(text, false));
    }),
  );
});

test.each([
  ['\u001b[31mx\u001b]0;'.repeat(20_000), 'x'.repeat(20_000)],
  ['\r'.repeat(256 * 1024), ''],
  [`${'\r'.repeat(256 * 1024)}x`, 'x'],
  ['\u001b['.repeat(100_000), ''],
])('a very long line is cleaned completely', (line, cleaned) => {
  expect(cleanOutput(line, false)).toBe(cleaned);
});

test('a name cannot leave its line or its column', () => {
  expect(cleanText('a\n2 | fake\tb\u2028c\u001b[2J\r')).toBe('a 2 | fake b c ');
});

test.each([
  ['', ''],
  ['a', 'a'],
  ['a\rb', 'b'],
  ['a\r', 'a'],
  ['a\r\r', 'a'],
  ['\ra\rb\r\r', 'b'],
  ['\r', ''],
])('the last part of %j is %j', (line, last) => expect(lastPart(line)).toBe(last));
