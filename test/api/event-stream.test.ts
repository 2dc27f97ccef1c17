import { EventEmitter } from 'node:events';
import type { Response } from 'express';
import { describe, expect, test } from 'vitest';
import { EventStream } from '../../src/api/event-stream.js';

/** The most that a client reads at once. */
const READ_BYTES = 64 * 1024;

/** A response that records what is written to it, and when. */
function makeResponse() {
  const writes: { text: string; atMs: number }[] = [];
  const response = Object.assign(new EventEmitter(), {
    req: { method: 'GET' },
    statusCode: 0,
    writableNeedDrain: false,
    setHeader: () => undefined,
    flushHeaders: () => undefined,
    write: (text: string) => writes.push({ text, atMs: performance.now() }),
  });
  return { response: response as unknown as Response, writes };
}

describe('HTTP API: server-sent events', () => {
  test('an event is one write', () => {
    const { response, writes } = makeResponse();
    const stream = new EventStream(response);
    stream.send('größe');
    stream.send('');
    expect(writes.map(({ text }) => text)).toEqual(['data: größe\n\n', 'data: \n\n']);
  });

  test('many events at once are sent in bursts that a client reads at once', async () => {
    const { response, writes } = makeResponse();
    const stream = new EventStream(response);
    for (let index = 0; index < 3_000; index += 1) {
      stream.send('ü'.repeat(50));
      await stream.drained();
    }
    const bursts: number[] = [0];
    for (const [index, { text, atMs }] of writes.entries()) {
      // Timers may fire a millisecond early.
      if (index > 0 && atMs - (writes[index - 1]?.atMs ?? 0) >= 3) bursts.push(0);
      bursts[bursts.length - 1] = (bursts.at(-1) ?? 0) + Buffer.byteLength(text);
    }
    expect(bursts.length).toBeGreaterThan(5);
    expect(Math.max(...bursts)).toBeLessThan(READ_BYTES / 2);
  });

  test('an occasional event is not delayed', async () => {
    const { response } = makeResponse();
    const stream = new EventStream(response);
    stream.send('x');
    let waited = true;
    void stream.drained().then(() => {
      waited = false;
    });
    await Promise.resolve();
    await Promise.resolve();
    expect(waited).toBe(false);
  });
});
