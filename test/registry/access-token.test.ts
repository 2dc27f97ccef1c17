import { createPublicKey, X509Certificate } from 'node:crypto';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import { expect, test } from 'vitest';
import { signAccessToken } from '../../src/registry/access-token.js';
import { makeKey } from './support.js';

test('a token contains the certificate and its grants, and lasts five minutes', async () => {
  const now = new Date('2026-01-01T00:00:00Z');
  const access = [{ type: 'repository', name: 'acme/doc', actions: ['pull'] }];
  const token = await signAccessToken(makeKey(), { service: 'registry.example', subject: 'token:1', access }, now);
  const { alg, x5c = [] } = decodeProtectedHeader(token) as { alg: string; x5c?: string[] };
  expect(alg).toBe('ES256');
  const { publicKey } = new X509Certificate(Buffer.from(x5c[0] ?? '', 'base64'));
  const { payload } = await jwtVerify(token, createPublicKey(publicKey.export({ type: 'spki', format: 'pem' })), {
    audience: 'registry.example',
    issuer: 'jamdev',
    currentDate: now,
  });
  expect(payload).toMatchObject({ sub: 'token:1', access, jti: expect.any(String) });
  expect([payload.iat, payload.nbf, payload.exp].map((time) => (time ?? 0) - now.getTime() / 1000)).toEqual([
    0, 0, 300,
  ]);
});
