import { validateHeaderValue } from 'node:http';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JamdevError } from '../../src/contract/errors/jamdev-error.js';
import { checkIdentity, MAX_IDENTITY_BYTES, toHeaderValue, toJsonHeaderValue } from '../../src/contract/identity.js';
import { parseConnectRequest, v1SpawnRequestSchema } from '../../src/contract/requests.js';

// Platform contract, "What a backend sees": user and auth travel as headers.

function refusal(act: () => unknown): JamdevError {
  try {
    act();
  } catch (error) {
    return error as JamdevError;
  }
  throw new Error('it was not refused');
}

/** A text of so many bytes in UTF-8, with as many letters beyond ASCII as fit. */
function textOf(bytes: number): string {
  return `${'a'.repeat(bytes % 3)}${'€'.repeat(Math.floor(bytes / 3))}`;
}

const EMPTY_AUTH_BYTES = '{"a":""}'.length;

test('user and auth are taken up to 8 KiB together, counted in the bytes of their headers', () => {
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
  ['the last byte that is taken', 8_192 - EMPTY_AUTH_BYTES, true],
  ['one byte more', 8_192 - EMPTY_AUTH_BYTES + 1, false],
])('%s', (_, userBytes, isTaken) => {
  const connect = () => parseConnectRequest({ user: textOf(userBytes), auth: { a: '' } });
  if (isTaken) expect(connect).not.toThrow();
  else expect(refusal(connect).message).toContain('8185 bytes');
});

test('the refusal says how large both are, what is allowed, and what to do', () => {
  const error = refusal(() => checkIdentity('x'.repeat(5_000), { token: 'y'.repeat(5_000) }));
  expect(error.sentence).toBe(
    '"user" (5000 bytes) and "auth" (5012 bytes as JSON) are too large: backends get them as headers, and at most 8192 ' +
      'bytes together are allowed. Send an id in "auth" and let the backend look up the rest.',
  );
});

test('control characters, which no header can carry, are not sent and do not count', () => {
  expect(toHeaderValue('a\r\nb\0\x7f\x85é')).toBe('ab\xc3\xa9');
  expect(() => checkIdentity('\r\n'.repeat(8_000), undefined)).not.toThrow();
});

test('a header carries nothing but bytes that a header can have', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(toHeaderValue(text)).toMatch(/^[\x20-\x7e\x80-\xff]*$/);
    }),
  );
});

test('version 1 has no user and no auth: what is given there goes nowhere, whatever its size', () => {
  const parsed = v1SpawnRequestSchema.parse({ user: 'x'.repeat(900_000), auth: { a: 'y'.repeat(900_000) } });
  expect(parsed).not.toHaveProperty('user');
  expect(parsed).not.toHaveProperty('auth');
});

test('a backend reads from the header of auth what was given, control characters too', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })), (auth) => {
      const header = toJsonHeaderValue(JSON.stringify(auth));
      expect(() => validateHeaderValue('x-verified-user-data', header)).not.toThrow();
      expect(JSON.parse(Buffer.from(header, 'latin1').toString('utf8'))).toEqual(JSON.parse(JSON.stringify(auth)));
    }),
  );
});
