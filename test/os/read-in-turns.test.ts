import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { readInTurns } from '../../src/os/read-in-turns.js';

test('other work has its turn after each chunk, and all chunks come in their order', async () => {
  const stream = new Readable({ read() {} });
  const expected = Array.from({ length: 20 }, (_, index) => `chunk ${index}`);
  for (const text of expected) stream.push(text);
  stream.push(null);
  let turn = 0;
  let isOver = false;
  const count = () => {
    turn += 1;
    if (!isOver) setImmediate(count);
  };
  count();
  const taken: { text: string; turn: number }[] = [];
  await new Promise<void>((resolve) => {
    stream.once('close', resolve);
    readInTurns(stream, (chunk) => void taken.push({ text: chunk.toString(), turn }));
  });
  isOver = true;
  expect(taken.map(({ text }) => text).join('')).toBe(expected.join(''));
  expect(new Set(taken.map((each) => each.turn)).size).toBe(taken.length);
  expect(taken.length).toBeGreaterThan(1);
});
