import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findByName, type NamedBackend } from '../../src/contract/backend-name.js';

function backend(id: string, service: string, key: string, isRunning = true, createdAt = '2026-01-01'): NamedBackend {
  return { id, service, key, isRunning, createdAt };
}

function idsOf(name: string, all: readonly NamedBackend[]): string[] {
  return findByName(name, all, (each) => each).map(({ id }) => id);
}

describe('a name refers to', () => {
  const all = [
    backend('id-1', 'doc', 'plan'),
    backend('id-2', 'doc', 'id-1'),
    backend('id-3', 'chat', 'a/b'),
    backend('id-4', 'a', 'b'),
    backend('id-5', 'chat', 'b'),
    backend('id-6', 'doc', 'x/y/z'),
  ];

  test.each([
    ['an exact id, rather than a key with the same text', 'id-1', ['id-1']],
    ['an exact key', 'plan', ['id-1']],
    ['a key with slashes', 'x/y/z', ['id-6']],
    ['an exact key, rather than a service and a key', 'a/b', ['id-3']],
    ['every service in which the key is held', 'b', ['id-4', 'id-5']],
    ['the key in a service', 'chat/b', ['id-5']],
    ['a key with slashes in a service', 'doc/x/y/z', ['id-6']],
    ['a key in a service, even if it has the text of an id', 'doc/id-1', ['id-2']],
    ['nothing if the service is another', 'chat/plan', []],
    ['nothing if it is a part of a key', 'x/y', []],
    ['nothing if it is only a service', 'chat', []],
    ['nothing if it is a service without a key', 'chat/', []],
    ['nothing if it is empty', '', []],
    ['nothing if it joins a service and an id', 'doc/id-6', []],
  ])('%s', (_what, name, expected) => {
    expect(idsOf(name, all)).toEqual(expected);
  });
});

test('of several backends with the key, running ones are meant, otherwise the newest', () => {
  const old = backend('old', 'doc', 'k', false, '2026-01-01');
  const newest = backend('newest', 'doc', 'k', false, '2026-01-03');
  const middle = backend('middle', 'doc', 'k', false, '2026-01-02');
  expect(idsOf('k', [old, newest, middle])).toEqual(['newest']);
  expect(idsOf('doc/k', [old, newest, middle])).toEqual(['newest']);
  expect(idsOf('k', [old, newest, { ...middle, isRunning: true }])).toEqual(['middle']);
  expect(idsOf('old', [old, newest, middle])).toEqual(['old']);
});

test('every key can be named with its service, whatever slashes it contains', () => {
  const key = fc.string({ unit: fc.constantFrom('a', '/', 'b', '-'), minLength: 1, maxLength: 6 });
  const service = fc.constantFrom('a', 'b', 'a-b');
  fc.assert(
    fc.property(fc.array(fc.tuple(service, key), { minLength: 1, maxLength: 6 }), (slots) => {
      const all = slots.map(([name, each], index) => backend(`#${index}`, name, each));
      for (const { service, key } of all) {
        const name = `${service}/${key}`;
        const exact = all.filter((each) => each.key === name);
        const inService = all.filter((each) => each.service === service && each.key === key);
        const found = findByName(name, all, (each) => each);
        // A key with exactly this text takes precedence; otherwise the text is unambiguous, because service names have
        // no slashes.
        expect(found).toEqual(exact.length > 0 ? exact : inService);
      }
    }),
  );
});
