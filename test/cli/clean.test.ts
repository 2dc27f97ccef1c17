import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cleanForTerminal, cleanName } from '../../src/cli/terminal/clean.js';

describe('of what a backend printed', () => {
  test.each([
    ['plain text', 'hello', 'hello'],
    ['text in any script', 'grüße 🦊 日本', 'grüße 🦊 日本'],
    ['tabs', 'a\tb', 'a\tb'],
    ['colours, closed at the end', '\u001b[31mred\u001b[0m', '\u001b[31mred\u001b[0m\u001b[0m'],
    ['long colours', '\u001b[38;2;1;2;3;48:5:7mx', '\u001b[38;2;1;2;3;48:5:7mx\u001b[0m'],
  ])('%s stay', (_what, text, cleaned) => {
    expect(cleanForTerminal(text, true)).toBe(cleaned);
  });

  test.each([
    ['clearing the screen', 'a\u001b[2Jb', 'ab'],
    ['moving the cursor', 'a\u001b[10;5H\u001b[Ab', 'ab'],
    ['private modes', 'a\u001b[?1049h\u001b[?25lb', 'ab'],
    ['the title, ended by a bell', 'a\u001b]0;title\u0007b', 'ab'],
    ['the title, ended by a string terminator', 'a\u001b]0;title\u001b\\b', 'ab'],
    ['a link', '\u001b]8;;http://x\u001b\\text\u001b]8;;\u001b\\', 'text'],
    ['the clipboard', 'a\u001b]52;c;aGk=\u0007b', 'ab'],
    ['device strings', 'a\u001bP1$qm\u001b\\b\u001b_app\u001b\\c\u001b^pm\u001b\\d', 'abcd'],
    ['a title that never ends', 'a\u001b]0;title', 'a'],
    ['resetting the terminal', 'a\u001bcb', 'ab'],
    ['other character sets', 'a\u001b(0b', 'ab'],
    ['saving the cursor', 'a\u001b7b\u001b8c', 'abc'],
    ['the bell and backspaces', 'a\u0007b\u0008c', 'abc'],
    ['carriage returns', 'loading\rdone', 'loadingdone'],
    ['one-byte sequences', 'a\u009b2Jb\u0090x', 'a2Jbx'],
    ['a lone escape', 'a\u001b', 'a'],
    ['a sequence that never ends', 'a\u001b[12', 'a12'],
    ['delete', 'a\u007fb', 'ab'],
  ])('%s goes', (_what, text, cleaned) => {
    expect(cleanForTerminal(text, true)).toBe(cleaned);
    expect(cleanForTerminal(text, false)).toBe(cleaned);
  });

  test('colours go where they are not wanted', () => {
    expect(cleanForTerminal('\u001b[31mred\u001b[0m', false)).toBe('red');
  });
});

const nasty = fc.string({
  unit: fc.constantFrom(...('\u001b[];:?0159mJHcPX\\(O \u0007\u0000\u009b\u0090\r\n\ta🦊'.match(/./gsu) ?? [])),
  maxLength: 40,
});

test('without colours nothing is left that a terminal obeys', () => {
  fc.assert(
    fc.property(nasty, (text) => {
      expect(cleanForTerminal(text, false)).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
    }),
    { numRuns: 3_000 },
  );
});

test('with colours nothing but colours is left that a terminal obeys, and they end with the line', () => {
  fc.assert(
    fc.property(nasty, (text) => {
      const cleaned = cleanForTerminal(text, true);
      const rest = cleaned.replace(/\u001b\[[0-9;:]*m/g, '');
      expect(rest).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
      if (cleaned.includes('\u001b')) expect(cleaned.endsWith('\u001b[0m')).toBe(true);
    }),
    { numRuns: 3_000 },
  );
});

test('a very long line is cleaned in one go', () => {
  const line = '\u001b[31mx\u001b]0;'.repeat(20_000);
  expect(cleanForTerminal(line, false)).toBe('x'.repeat(20_000));
});

test('a name stays on its line and in its column', () => {
  expect(cleanName('a\n2 | fake\tb\u2028c\u001b[2J\r')).toBe('a 2 | fake b c');
});
