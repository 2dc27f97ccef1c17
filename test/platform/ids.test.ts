import { expect, test } from 'vitest';
import { newBackendId, newKey, newToken, TokenSource } from '../../src/platform/ids.js';

test.each([
  ['backend id', newBackendId, /^[a-z][a-z0-9]{13}$/],
  ['token', newToken, /^[A-Za-z0-9_-]{43}$/],
  ['token of a source', sourceOfTokens(), /^[A-Za-z0-9_-]{43}$/],
  ['key', newKey, /^[a-z0-9]{20}$/],
])('every %s has its form, and no two are equal', (_what, make, form) => {
  const made = Array.from({ length: 2_000 }, make);
  expect(made.filter((each) => !form.test(each))).toEqual([]);
  expect(new Set(made).size).toBe(made.length);
});

function sourceOfTokens(): () => string {
  const source = new TokenSource();
  return () => source.next();
}

test('a token is 32 bytes', () => {
  expect(Buffer.from(newToken(), 'base64url')).toHaveLength(32);
});

test('all letters and digits occur', () => {
  const seen = new Set(Array.from({ length: 2_000 }, newBackendId).join(''));
  expect(seen.size).toBe(36);
});
