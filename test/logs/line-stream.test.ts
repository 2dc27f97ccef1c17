import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineStream, UNFINISHED_MS } from '../../src/logs/line-stream.js';
import { HandClock } from '../support/hand-clock.js';

function open() {
  const clock = new HandClock();
  const reports: string[] = [];
  const stream = new LineStream(clock, (text) => reports.push(text));
  const push = (text: string | Buffer) => stream.push(Buffer.from(text)).map(String);
  return { clock, reports, stream, push };
}

test('a prompt is reported once after a moment, and later its whole line', () => {
  const { clock, reports, push } = open();
  expect(push('Name: ')).toEqual([]);
  clock.turn(UNFINISHED_MS - 1);
  expect(reports).toEqual([]);
  clock.turn(10 * UNFINISHED_MS);
  expect(reports).toEqual(['Name: ']);
  expect(push('Ann\n')).toEqual(['Name: Ann']);
  clock.turn(UNFINISHED_MS);
  expect(reports).toEqual(['Name: ']);
});

test('the parts of a progress bar replace each other', () => {
  const { clock, reports, push } = open();
  for (let percent = 0; percent < 100; percent += 1) {
    push(`\r${percent}%`);
    clock.turn(10);
  }
  expect(reports.length).toBeGreaterThan(3);
  expect(reports.length).toBeLessThan((100 * 10) / UNFINISHED_MS + 1);
  expect(reports.every((text) => /^\d+%$/.test(text))).toBe(true);
  push('\rdone\r');
  clock.turn(UNFINISHED_MS);
  expect(reports.at(-1)).toBe('done');
  expect(push('\n')).toHaveLength(1);
});

test('a chunk that ends within a line is not reported if the line continues at once', () => {
  const { clock, reports, push } = open();
  for (let index = 0; index < 100; index += 1) {
    push(`line ${index}\nline`);
    clock.turn(20);
    expect(push(` ${index}\n`)).toHaveLength(1);
  }
  expect(reports).toEqual([]);
});

test('a character split in two is reported when it is complete', () => {
  const { clock, reports, push } = open();
  const bytes = Buffer.from('a🦊é');
  for (const byte of bytes) {
    push(Buffer.from([byte]));
    clock.turn(UNFINISHED_MS);
  }
  expect(reports).toEqual(['a', 'a🦊', 'a🦊é']);
});

test('a flood of carriage returns takes no more memory', () => {
  const { clock, reports, stream } = open();
  const chunk = Buffer.from('x\r'.repeat(32 * 1024));
  for (let index = 0; index < 1_000; index += 1) stream.push(chunk);
  clock.turn(UNFINISHED_MS);
  expect(reports).toEqual(['x']);
  expect(stream.end()?.toString()).toBe('x');
});

test('nothing is reported after the end', () => {
  const { clock, reports, push, stream } = open();
  push('Name: ');
  expect(stream.end()?.toString()).toBe('Name: ');
  clock.turn(10 * UNFINISHED_MS);
  expect(reports).toEqual([]);
});

test('for any output in any chunks, the last report is what a terminal would show of the last line', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '\r', '\n', '🦊', 'é') });
  fc.assert(
    fc.property(text, fc.array(fc.nat({ max: 40 })), (output, cuts) => {
      const { clock, reports, push } = open();
      const bytes = Buffer.from(output);
      const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
      for (const [index, end] of places.slice(1).entries()) push(bytes.subarray(places[index], end));
      clock.turn(2 * UNFINISHED_MS);
      const last = output.split('\n').at(-1) ?? '';
      const shown = last.split('\r').findLast((part) => part !== '');
      expect(reports.at(-1)).toBe(shown);
    }),
    { numRuns: 1_000 },
  );
});
