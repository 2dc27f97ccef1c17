import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineSplitter } from '../../src/logs/line-splitter.js';

function split(chunks: readonly Buffer[], maxBytes?: number): string[] {
  const splitter = new LineSplitter(maxBytes);
  const lines = chunks.flatMap((chunk) => splitter.push(chunk));
  const rest = splitter.flush();
  return [...lines, ...(rest === undefined ? [] : [rest])].map((line) => line.toString('latin1'));
}

/** Cuts bytes at positions given as fractions of their length. */
function cutAt(bytes: Buffer, shares: readonly number[]): Buffer[] {
  const places = [0, ...shares.map((share) => Math.floor(share * bytes.length)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

test.each([
  ['', []],
  ['a', ['a']],
  ['a\n', ['a']],
  ['a\nb', ['a', 'b']],
  ['\n\n', ['', '']],
  ['a\r\nb\r\n', ['a', 'b']],
  ['a\rb\n', ['a\rb']],
  ['a\r\r\n', ['a\r']],
  ['\r\n', ['']],
  ['a\u2028b\u0085c\n', ['a\u2028b\u0085c'].map((text) => Buffer.from(text).toString('latin1'))],
])('%j splits into the lines %j', (text, lines) => {
  expect(split([Buffer.from(text)])).toEqual(lines);
});

test('any chunking of any bytes gives the same lines', () => {
  const byte = fc.oneof(fc.constantFrom(0x0a, 0x0d, 0x61), fc.integer({ min: 0, max: 255 }));
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(
      fc.array(byte, { maxLength: 60 }),
      fc.array(share),
      fc.integer({ min: 1, max: 20 }),
      (data, shares, max) => {
        const bytes = Buffer.from(data);
        expect(split(cutAt(bytes, shares), max)).toEqual(split([bytes], max));
        expect(split(cutAt(bytes, shares))).toEqual(split([bytes]));
      },
    ),
    { numRuns: 500 },
  );
});

test('the lines joined again are the original bytes', () => {
  const byte = fc.oneof(
    fc.constant(0x0a),
    fc.integer({ min: 0, max: 255 }).filter((each) => each !== 0x0d),
  );
  fc.assert(
    fc.property(fc.array(byte), (data) => {
      const text = Buffer.from(data).toString('latin1');
      const joined = split([Buffer.from(data)]).join('\n');
      expect(text.endsWith('\n') ? `${joined}\n` : joined).toBe(text);
    }),
  );
});

test('a character split by the end of a chunk stays whole', () => {
  const bytes = Buffer.from('grün 🦊\n');
  const chunks = [...bytes].map((byte) => Buffer.from([byte]));
  expect(split(chunks)).toEqual([bytes.subarray(0, -1).toString('latin1')]);
});

test('a line longer than the limit is cut, with a note of how much', () => {
  expect(split([Buffer.from(`${'x'.repeat(10)}\nshort\n`)], 4)).toEqual([
    Buffer.from('xxxx … (6 bytes cut)').toString('latin1'),
    Buffer.from('shor … (1 bytes cut)').toString('latin1'),
  ]);
  expect(split([Buffer.from('1234\n')], 4)).toEqual(['1234']);
});

test('a line that is too long loses overwritten parts first', () => {
  expect(split([Buffer.from('10%\r20%\r30%\r\nnext\n')], 8)).toEqual(['30%', 'next']);
  expect(split([Buffer.from(`${'x'.repeat(10)}\rshort\n`)], 6)).toEqual(['short']);
  expect(split([Buffer.from(`short\r${'x'.repeat(10)}\n`)], 6)).toEqual([
    Buffer.from('xxxxxx … (4 bytes cut)').toString('latin1'),
  ]);
  expect(split([Buffer.from('\r'.repeat(20))], 6)).toEqual([]);
});

test.each([
  ['', ''],
  ['10%', '10%'],
  ['10%\r20%', '20%'],
  ['10%\r20%\r', '20%'],
  ['\r\r', ''],
  ['whole\n10%\r20', '20'],
  ['whole\n', ''],
  [`${'x'.repeat(20)}\r${'y'.repeat(8)}`, 'yyyyyyyy'],
])('the unfinished line of %j is %j', (text, unfinished) => {
  for (const size of [1, 2, 100]) {
    const splitter = new LineSplitter(10);
    for (let at = 0; at < text.length; at += size) splitter.push(Buffer.from(text.slice(at, at + size)));
    expect(splitter.unfinished(100).toString()).toBe(unfinished);
  }
});

test('endless input takes no more memory than the limit', () => {
  const splitter = new LineSplitter(1_000);
  for (let i = 0; i < 1_000; i += 1) expect(splitter.push(Buffer.alloc(1_000, 'x'))).toEqual([]);
  const line = splitter.flush() as Buffer;
  expect(line.length).toBeLessThan(1_050);
  expect(line.toString()).toMatch(/^x{1000} … \(999000 bytes cut\)$/);
});

test('an unfinished line does not keep the memory of its chunk', () => {
  const chunk = Buffer.from('done\nrest');
  const splitter = new LineSplitter();
  splitter.push(chunk);
  chunk.fill('!');
  expect(splitter.flush()?.toString()).toBe('rest');
});

test('after the last line nothing is left', () => {
  const splitter = new LineSplitter();
  splitter.push(Buffer.from('a\nb'));
  expect(splitter.flush()?.toString()).toBe('b');
  expect(splitter.flush()).toBeUndefined();
  expect(splitter.push(Buffer.from('c\n')).map(String)).toEqual(['c']);
});

test('a carriage return is kept if requested', () => {
  const splitter = new LineSplitter(100, true);
  expect(splitter.push(Buffer.from('a\r\nb\n')).map(String)).toEqual(['a\r', 'b']);
});
