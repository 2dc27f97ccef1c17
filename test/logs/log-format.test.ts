import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeRecord, RecordEncoder } from '../../src/logs/log-format.js';

const encoder = new RecordEncoder();

test('a record on disk is a time, a letter and the text', () => {
  expect(encoder.encode(1700000000000, 'stdout', [Buffer.from('a'), Buffer.from('')]).toString()).toBe(
    '1700000000000 o a\n1700000000000 o \n',
  );
  expect(encoder.encode(5, 'stderr', [Buffer.from('b')]).toString()).toBe('5 e b\n');
  expect(encoder.encode(5, 'jamdev', [Buffer.from('c')]).toString()).toBe('5 j c\n');
  expect(encoder.encode(5, 'jamdev', [])).toHaveLength(0);
  expect(encoder.encode(5, 'end', [Buffer.from('d')]).toString()).toBe('5 x d\n');
  expect(decodeRecord(Buffer.from('5 x d'))).toEqual({ timeMs: 5, source: 'jamdev', text: 'd', isEnd: true });
});

test('every line is read as it was written', () => {
  const source = fc.constantFrom('stdout' as const, 'stderr' as const, 'jamdev' as const);
  fc.assert(
    fc.property(fc.nat(Number.MAX_SAFE_INTEGER), source, fc.string({ unit: 'grapheme' }), (timeMs, from, text) => {
      const record = encoder.encode(timeMs, from, [Buffer.from(text)]).subarray(0, -1);
      expect(decodeRecord(record)).toEqual({ timeMs, source: from, text });
    }),
  );
});

test('invalid UTF-8 becomes replacement characters instead of an error', () => {
  const record = encoder.encode(5, 'stdout', [Buffer.from([0x61, 0xff, 0x62])]).subarray(0, -1);
  expect(decodeRecord(record)?.text).toBe('a\ufffdb');
});

test.each([
  '',
  '5',
  '5 o',
  '5  o x',
  'x o text',
  '5 q text',
  ' 5 o text',
  '-5 o text',
  '12345678901234567 o x',
  'text',
])('the torn line %j is not a record', (line) => {
  expect(decodeRecord(Buffer.from(line))).toBeUndefined();
});
