import { expect, test } from 'vitest';
import { spawnBytes } from '../../src/contract/spawn-size.js';

test.each([
  [{ A: 'x'.repeat(100) }, 'k', '', '{"env":{"A":""},"image":"","key":"k"}'.length + 100],
  [{ A: '€' }, 'k', '', '{"env":{"A":""},"image":"","key":"k"}'.length + 3],
  [{ A: '"\n' }, '', '', '{"env":{"A":""},"image":"","key":""}'.length + 4],
  [{}, 'ü', 'app:1', '{"env":{},"image":"app:1","key":""}'.length + 2],
])('counts env, image and key in bytes of JSON: %j', (env, key, image, expected) => {
  expect(spawnBytes({ env, key, image })).toBe(expected);
});
