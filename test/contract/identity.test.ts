import { validateHeaderValue } from 'node:http';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JamdevError } from '../../src/contract/errors/jamdev-error.js';
import { checkIdentity, MAX_IDENTITY_BYTES, toHeaderValue, toJsonHeaderValue } from '../../src/contract/identity.js';
import { parseConnectRequest, v1SpawnRequestSchema } from '../../src/contract/requests.js';

// Platform contract, "What a backend sees": user and auth are sent as headers.

function refusal(act: () => unknown): JamdevError {
  try {
    act();
  } catch (error) {
    return error as JamdevError;
  }
  throw new Error('it was not refused');
}

/** A text of this many bytes in UTF-8, with as many non-ASCII letters as fit. */
function textOf(bytes: number): string {
  return `${'a'.repeat(bytes % 3)}${'€'.repeat(Math.floor(bytes / 3))}`;
}

const EMPTY_AUTH_BYTES = '{"a":""}'.length;

test('user and auth are accepted up to 8 KiB in total, counted in bytes of their headers', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: EMPTY_AUTH_BYTES, max: 9_000 }),
      fc.integer({ min: 0, max: 9_000 }),
      (authBytes, userBytes) => {
        const user = textOf(userBytes);
        const auth = { a: textOf(authBytes - EMPTY_AUTH_BYTES) };
        const sent = toHeaderValue(user).length + toHeaderValue(JSON.stringify(auth)).length;
        expect(sent).toBe(userBytes + authBytes);
        const connect = () => parseConnectRequest({ user, auth });
        if (sent <= MAX_IDENTITY_BYTES) expect(connect()).toMatchObject({ user, auth });
        else expect(refusal(connect)).toMatchObject({ code: 'InvalidRequest', status: 400 });
      },
    ),
  );
});

test.each([
  ['the last allowed byte', 8_192 - EMPTY_AUTH_BYTES, true],
  ['one byte more', 8_192 - EMPTY_AUTH_BYTES + 1, false],
])('%s', (_, userBytes, isTaken) => {
  const connect = () => parseConnectRequest({ user: textOf(userBytes), auth: { a: '' } });
  if (isTaken) expect(connect).not.toThrow();
  else expect(refusal(connect).message).toContain('8185 bytes');
});

test('the refusal gives both sizes, the limit and a remedy', () => {
  const error = refusal(() => checkIdentity('x'.repeat(5_000), { token: 'y'.repeat(5_000) }));
  expect(error.sentence).toBe(
    '"user" (5000 bytes) and "auth" (5012 bytes as JSON) are too large: backends get them as headers, with at most 8192 ' +
      'bytes in total. Send an id in "auth" and let the backend look up the rest.',
  );
});

test('control characters, which no header can carry, are neither sent nor counted', () => {
  expect(toHeaderValue('a\r\nb\0\x7f\x85é')).toBe('ab\xc3\xa9');
  expect(() => checkIdentity('\r\n'.repeat(8_000), undefined)).not.toThrow();
});

test('a header contains only bytes that are valid in headers', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(toHeaderValue(text)).toMatch(/^[\x20-\x7e\x80-\xff]*$/);
    }),
  );
});

test('version 1 ignores user and auth, whatever their size', () => {
  const parsed = v1SpawnRequestSchema.parse({ user: 'x'.repeat(900_000), auth: { a: 'y'.repeat(900_000) } });
  expect(parsed).not.toHaveProperty('user');
  expect(parsed).not.toHaveProperty('auth');
});

test('a backend can read the original auth from its header, including control characters', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })), (auth) => {
      const header = toJsonHeaderValue(JSON.stringify(auth));
      expect(() => validateHeaderValue('x-verified-user-data', header)).not.toThrow();
      expect(JSON.parse(Buffer.from(header, 'latin1').toString('utf8'))).toEqual(JSON.parse(JSON.stringify(auth)));
    }),
  );
});
