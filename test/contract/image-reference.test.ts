import { expect, test } from 'vitest';
import { isDigest, isImageReference, parseImageReference } from '../../src/contract/image-reference.js';

const DIGEST = `sha256:${'0'.repeat(64)}`;

test.each([
  ['app', ['docker.io', 'library/app', undefined, undefined, 'app']],
  ['app:v1', ['docker.io', 'library/app', 'v1', undefined, 'app']],
  ['team/app', ['docker.io', 'team/app', undefined, undefined, 'team/app']],
  ['localhost/app', ['localhost', 'app', undefined, undefined, 'localhost/app']],
  ['localhost:5000/a/b:v1', ['localhost:5000', 'a/b', 'v1', undefined, 'localhost:5000/a/b']],
  ['ghcr.io/team/app', ['ghcr.io', 'team/app', undefined, undefined, 'ghcr.io/team/app']],
  [`127.0.0.1:5000/app@${DIGEST}`, ['127.0.0.1:5000', 'app', undefined, DIGEST, '127.0.0.1:5000/app']],
  [`[::1]:5000/app:v1@${DIGEST}`, ['[::1]:5000', 'app', 'v1', DIGEST, '[::1]:5000/app']],
])('the reference %s', (reference, expected) => {
  expect(isImageReference(reference)).toBe(true);
  const { host, repository, tag, digest, name } = parseImageReference(reference);
  expect([host, repository, tag, digest, name]).toEqual(expected);
});

test('a digest is recognized only in its exact form', () => {
  expect(isDigest(DIGEST)).toBe(true);
  for (const text of [`${DIGEST}0`, `app@${DIGEST}`, DIGEST.slice(0, -1), 'sha512:0', ''])
    expect(isDigest(text)).toBe(false);
});
