import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatApiToken, hashSecret, matchesHash, newApiToken, parseApiToken } from '../../src/store/api-token.js';

test('a token has the form that the official client accepts, and can be used in Basic credentials', () => {
  const text = formatApiToken(newApiToken());
  // `jamsocket login --token` refuses a token without a period; Basic credentials end at a colon.
  expect(text).toMatch(/^[0-9a-f]{16}\.[\w-]{43}$/);
  expect(Buffer.from(`acme:${text}`).toString().split(':')).toEqual(['acme', text]);
});

test('no two tokens are equal', () => {
  const tokens = Array.from({ length: 1_000 }, newApiToken);
  expect(new Set(tokens.map(({ id }) => id)).size).toBe(1_000);
  expect(new Set(tokens.map(({ secret }) => secret)).size).toBe(1_000);
});

test('a written token is read back', () => {
  const token = newApiToken();
  expect(parseApiToken(formatApiToken(token))).toEqual(token);
});

test.each([
  '',
  '.',
  'a.b',
  `${'0'.repeat(16)}.`,
  `${'0'.repeat(16)}.${'x'.repeat(42)}`,
  `${'G'.repeat(16)}.${'x'.repeat(43)}`,
])('%j is not a token', (text) => {
  expect(parseApiToken(text)).toBeUndefined();
});

test('text around a token makes it invalid', () => {
  const token = formatApiToken(newApiToken());
  fc.assert(
    fc.property(fc.string(), fc.string(), (before, after) => {
      fc.pre(before + after !== '');
      expect(parseApiToken(before + after)).toBeUndefined();
      expect(parseApiToken(`${before}${token}${after}`)).toBeUndefined();
    }),
  );
});

test('a secret matches only its own hash, whatever its length', () => {
  const { secret } = newApiToken();
  expect(matchesHash(secret, hashSecret(secret))).toBe(true);
  expect(matchesHash(secret, hashSecret(newApiToken().secret))).toBe(false);
  expect(matchesHash(secret, hashSecret(secret).subarray(1))).toBe(false);
  expect(matchesHash(secret, Buffer.alloc(0))).toBe(false);
});
