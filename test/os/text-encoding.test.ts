import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeText, NotUtf8 } from '../../src/os/text-encoding.js';

const text = '{"command": "node server.js"}\n# naïve\n';
const little = Buffer.from(text, 'utf16le');
const big = Buffer.from(text, 'utf16le').swap16();
const mark = (...bytes: number[]) => Buffer.from(bytes);

test.each<[string, Buffer, string]>([
  ['UTF-16LE with a byte order mark', Buffer.concat([mark(0xff, 0xfe), little]), 'encoded in UTF-16 (little endian)'],
  ['UTF-16LE', little, 'encoded in UTF-16 (little endian)'],
  ['UTF-16BE with a byte order mark', Buffer.concat([mark(0xfe, 0xff), big]), 'encoded in UTF-16 (big endian)'],
  ['UTF-16BE', big, 'encoded in UTF-16 (big endian)'],
  ['only a UTF-16 byte order mark', mark(0xff, 0xfe), 'encoded in UTF-16 (little endian)'],
  ['UTF-32LE', mark(0xff, 0xfe, 0, 0, 0x7b, 0, 0, 0), 'encoded in UTF-32 (little endian)'],
  ['UTF-32BE', mark(0, 0, 0xfe, 0xff, 0, 0, 0, 0x7b), 'encoded in UTF-32 (big endian)'],
  ['a NUL', Buffer.from('A=1\nB=2\0\n'), 'not a text file (line 2 contains a NUL character)'],
  ['a NUL at the start', Buffer.from('\0A=12\n'), 'not a text file (line 1 contains a NUL character)'],
])('%s is refused by name', (_what, bytes, encoding) => {
  expect(() => decodeText(bytes)).toThrow(NotUtf8);
  expect(() => decodeText(bytes)).toThrow(`it is ${encoding}`);
});

test('UTF-8 is decoded, with or without a byte order mark, and invalid bytes do no harm', () => {
  expect(decodeText(Buffer.from(text))).toBe(text);
  expect(decodeText(Buffer.from(`\uFEFF${text}`))).toBe(text);
  expect(decodeText(Buffer.from('# caf\xe9\nA=1\n', 'latin1'))).toBe('# caf\uFFFD\nA=1\n');
  expect(decodeText(Buffer.alloc(0))).toBe('');
});

test('every text without a NUL is decoded unchanged', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (value) => {
      fc.pre(!value.includes('\0') && !value.startsWith('\uFEFF'));
      expect(decodeText(Buffer.from(value))).toBe(value);
    }),
  );
});
