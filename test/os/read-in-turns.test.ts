import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ReadTurns, readInTurns } from '../../src/os/read-in-turns.js';

const SLICE_BYTES = 16 * 1024;

/** Records each slice and the turn of the event loop in which it was delivered, until the stream is closed. */
async function takeAll(stream: Readable): Promise<{ chunk: Buffer; turn: number }[]> {
  let turn = 0;
  let isOver = false;
  const count = () => {
    turn += 1;
    if (!isOver) setImmediate(count);
  };
  count();
  const taken: { chunk: Buffer; turn: number }[] = [];
  await new Promise<void>((resolve) => {
    stream.once('close', resolve);
    readInTurns(stream, (chunk) => void taken.push({ chunk, turn }), new ReadTurns());
  });
  isOver = true;
  return taken;
}

test('all data is delivered in order, in small slices, with a turn of other work after each', async () => {
  const size = fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 70_000 }));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(size, fc.boolean()), { maxLength: 20 }), async (parts) => {
      const expected = createHash('sha256');
      const chunks = parts.map(([length, comesAtOnce], index) => {
        const bytes = Buffer.alloc(length, index + 1);
        expected.update(bytes);
        return { bytes, comesAtOnce };
      });
      async function* print() {
        for (const { bytes, comesAtOnce } of chunks) {
          if (!comesAtOnce) await new Promise((resolve) => setImmediate(resolve));
          yield bytes;
        }
      }
      const stream = Readable.from(print(), { objectMode: false });
      const taken = await takeAll(stream);
      const received = createHash('sha256');
      for (const { chunk } of taken) received.update(chunk);
      expect(received.digest('hex')).toBe(expected.digest('hex'));
      for (const { chunk } of taken) expect(chunk.length).toBeLessThanOrEqual(SLICE_BYTES);
      expect(new Set(taken.map((each) => each.turn)).size).toBe(taken.length);
    }),
  );
});

test('pending data is delivered at once when another reader drains the stream', async () => {
  const stream = new Readable({ read() {} });
  const taken: Buffer[] = [];
  readInTurns(stream, (chunk) => void taken.push(chunk), new ReadTurns());
  for (let number = 0; number < 100; number += 1) stream.push(Buffer.alloc(1_000, number));
  await new Promise((resolve) => setImmediate(resolve));
  while (stream.read() !== null);
  expect(Buffer.concat(taken)).toEqual(
    Buffer.concat(Array.from({ length: 100 }, (_, each) => Buffer.alloc(1_000, each))),
  );
});

test('streams that share their turns have one slice in each turn, all in turn', async () => {
  let turn = 0;
  let isOver = false;
  const count = () => {
    turn += 1;
    if (!isOver) setImmediate(count);
  };
  count();
  const turns = new ReadTurns();
  const taken: { stream: number; turn: number }[] = [];
  const streams = [0, 1, 2].map(() => Readable.from([Buffer.alloc(200_000)], { objectMode: false }));
  const closed = streams.map((stream) => new Promise((resolve) => stream.once('close', resolve)));
  for (const [index, stream] of streams.entries()) {
    readInTurns(stream, () => void taken.push({ stream: index, turn }), turns);
  }
  await Promise.all(closed);
  isOver = true;
  expect(new Set(taken.map((each) => each.turn)).size).toBe(taken.length);
  // Once all have begun, and before the first ends, none waits longer than the others.
  for (let index = 6; index < 18; index += 1) {
    expect(new Set(taken.slice(index, index + 3).map(({ stream }) => stream))).toEqual(new Set([0, 1, 2]));
  }
});

test('slices become smaller where it takes long to work on one', async () => {
  const stream = Readable.from([Buffer.alloc(100_000)], { objectMode: false });
  const lengths: number[] = [];
  const closed = new Promise((resolve) => stream.once('close', resolve));
  readInTurns(
    stream,
    (chunk) => {
      lengths.push(chunk.length);
      for (const untilMs = performance.now() + 1; performance.now() < untilMs; );
    },
    new ReadTurns(),
  );
  await closed;
  expect(new Set(lengths.slice(0, -1))).toEqual(new Set([4096]));
  expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(100_000);
});
