import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createDemuxer } from '../../src/docker-engine/attached-output.js';

function frame(source: 'stdout' | 'stderr', content: Uint8Array): Buffer {
  const header = Buffer.from([source === 'stdout' ? 1 : 2, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(content.length, 4);
  return Buffer.concat([header, content]);
}

const part = fc.record({
  source: fc.constantFrom('stdout' as const, 'stderr' as const),
  content: fc.uint8Array({ maxLength: 40 }),
});

test('the two streams are separated byte by byte and in order, however they are split', () => {
  const property = fc.property(fc.array(part), fc.array(fc.integer({ min: 1, max: 30 })), (parts, sizes) => {
    const all = Buffer.concat(parts.map(({ source, content }) => frame(source, content)));
    const got = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
    const take = createDemuxer((source, chunk) => {
      got[source] = Buffer.concat([got[source], chunk]);
    });
    let at = 0;
    for (let index = 0; at < all.length; index += 1) {
      const size = sizes[index % sizes.length] ?? 7;
      take(all.subarray(at, at + size));
      at += size;
    }
    for (const source of ['stdout', 'stderr'] as const) {
      const sent = parts.filter((each) => each.source === source).map(({ content }) => content);
      expect(got[source]).toEqual(Buffer.concat(sent));
    }
  });
  fc.assert(property);
});

test('many one-byte parts in one chunk are handled', () => {
  const chunk = Buffer.concat(Array.from({ length: 100_000 }, () => frame('stdout', Buffer.from('a'))));
  let count = 0;
  createDemuxer(() => {
    count += 1;
  })(chunk);
  expect(count).toBe(100_000);
});

test('all available bytes of an unfinished part are passed on', () => {
  const chunks: string[] = [];
  const take = createDemuxer((source, chunk) => chunks.push(`${source} ${chunk}`));
  take(frame('stderr', Buffer.from('Name? ')).subarray(0, 12));
  expect(chunks).toEqual(['stderr Name']);
});
