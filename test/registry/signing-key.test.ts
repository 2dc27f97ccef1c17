import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { newSigningKey } from '../../src/registry/new-signing-key.js';
import { deriveSecret, readSigningKey } from '../../src/registry/signing-key.js';
import { makeKey } from './support.js';

test('a new key comes with a self-signed certificate that does not expire', () => {
  const { privateKey, certificate } = newSigningKey(new Date('2026-01-01T00:00:00Z'));
  const read = new X509Certificate(certificate);
  expect(read.verify(read.publicKey)).toBe(true);
  expect(new Date(read.validFrom).toISOString()).toBe('2026-01-01T00:00:00.000Z');
  expect(new Date(read.validTo).toISOString()).toBe('9999-12-31T23:59:59.000Z');
  for (const pem of [privateKey + certificate, certificate + privateKey]) {
    expect(readSigningKey(pem).certificate).toBe(read.raw.toString('base64'));
  }
});

const { privateKey: own, certificate } = newSigningKey(new Date());
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' });

test.each([
  ['only a key', '', 'no certificate can be read'],
  ['only a certificate', own, 'no certificate can be read'],
  ['a certificate alone', certificate, 'no private key can be read'],
  ['a key of another kind', rsa + certificate, 'not a key on the curve P-256'],
  ['the certificate of another key', newSigningKey(new Date()).privateKey + certificate, 'that of another key'],
])('%s is refused', (_, pem, reason) => {
  expect(() => readSigningKey(String(pem))).toThrow(reason);
});

test('secrets differ by key and purpose, and are equal for all who have the key', () => {
  const key = makeKey();
  const again = readSigningKey(
    `${key.privateKey.export({ type: 'pkcs8', format: 'pem' })}-----BEGIN CERTIFICATE-----\n${key.certificate}\n-----END CERTIFICATE-----\n`,
  );
  expect(deriveSecret(again, 'a')).toEqual(deriveSecret(key, 'a'));
  expect(deriveSecret(key, 'b')).not.toEqual(deriveSecret(key, 'a'));
  expect(deriveSecret(makeKey(), 'a')).not.toEqual(deriveSecret(key, 'a'));
});
