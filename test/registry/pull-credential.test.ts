import { expect, test } from 'vitest';
import { signAccessToken } from '../../src/registry/access-token.js';
import { createPullCredential, readPullCredential } from '../../src/registry/pull-credential.js';
import { makeKey } from './support.js';

const NOW = new Date('2026-01-01T00:00:00Z');
const later = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);

test('covers one repository, and expires after an hour', async () => {
  const key = makeKey();
  const { username, password } = await createPullCredential(key, 'acme/doc', NOW);
  expect(username).toBe('_pull');
  expect(await readPullCredential(key, password, later(3599))).toBe('acme/doc');
  expect(await readPullCredential(key, password, later(3601))).toBeUndefined();
});

test('takes little of the size limit of a spawn', async () => {
  const { password } = await createPullCredential(makeKey(), `${'a'.repeat(63)}/${'b'.repeat(63)}`, NOW);
  expect(password.length).toBeLessThan(350);
});

test('is refused with another key, when changed, and when it is a registry token', async () => {
  const key = makeKey();
  const { password } = await createPullCredential(key, 'acme/doc', NOW);
  const [header, , signature] = password.split('.');
  const forged = Buffer.from(JSON.stringify({ sub: 'globex/doc', exp: 4102444800 })).toString('base64url');
  const unsigned = Buffer.from('{"alg":"none"}').toString('base64url');
  const access = await signAccessToken(key, { service: 'x', subject: 'acme/doc', access: [] }, NOW);
  const others = [`${header}.${forged}.${signature}`, `${unsigned}.${forged}.`, access, 'nonsense', ''];
  for (const other of others) expect(await readPullCredential(key, other, NOW), other).toBeUndefined();
  expect(await readPullCredential(makeKey(), password, NOW)).toBeUndefined();
});
