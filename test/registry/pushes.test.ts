import { expect, test } from 'vitest';
import { notificationSchema, pushesIn } from '../../src/registry/pushes.js';

const NOW = new Date('2026-01-01T00:00:00Z');
const DIGEST = `sha256:${'0'.repeat(64)}`;
const target = { repository: 'acme/doc', digest: DIGEST, tag: 'v1' };
const push = {
  id: 'e1',
  action: 'push',
  timestamp: '2025-12-31T23:59:59.123456789Z',
  target,
  actor: { name: 'token:1' },
};
const read = (...events: object[]) => pushesIn(notificationSchema.parse({ events }), NOW);

test('a push has its tag, digest, time and sender', () => {
  expect(read(push)).toEqual([
    {
      ...{ eventId: 'e1', account: 'acme', service: 'doc', tag: 'v1', digest: DIGEST, actor: 'token:1' },
      pushedAt: new Date('2025-12-31T23:59:59.123Z'),
    },
  ]);
  expect(read({ ...push, timestamp: 'nonsense', actor: null })).toMatchObject([{ pushedAt: NOW, actor: 'registry' }]);
});

test.each([
  ['a pull', { ...push, action: 'pull' }],
  ['a part of a multi-platform image', { ...push, target: { ...target, tag: undefined } }],
  ['a layer', { ...push, target: { repository: 'acme/doc', digest: DIGEST } }],
  ['a signature', { ...push, target: { ...target, tag: `sha256-${'0'.repeat(64)}.sig` } }],
  ['a repository of no service', { ...push, target: { ...target, repository: 'acme' } }],
  ['a repository below a service', { ...push, target: { ...target, repository: 'acme/doc/more' } }],
  ['a mount', { id: 'e1', action: 'mount' }],
])('%s is not a push', (_, event) => {
  expect(read(event)).toEqual([]);
});
