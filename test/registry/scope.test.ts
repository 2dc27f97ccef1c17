import { expect, test } from 'vitest';
import { parseChallenge } from '../../src/registry/bearer-challenge.js';
import { parseScopes } from '../../src/registry/scope.js';

test.each([
  [['repository:acme/doc:pull,push'], [['repository', 'acme/doc', ['pull', 'push']]]],
  [['repository:acme/doc:pull,push,pull'], [['repository', 'acme/doc', ['pull', 'push']]]],
  [
    ['repository:a/b:pull repository:c/d:push', 'registry:catalog:*'],
    [
      ['repository', 'a/b', ['pull']],
      ['repository', 'c/d', ['push']],
      ['registry', 'catalog', ['*']],
    ],
  ],
  [['repository:localhost:5000/a/b:pull'], [['repository', 'localhost:5000/a/b', ['pull']]]],
  [['repository(plugin):acme/doc:pull'], [['repository', 'acme/doc', ['pull']]]],
  [['repository:acme/doc:'], [['repository', 'acme/doc', []]]],
  [['', 'nonsense', 'a:b', ':::', 'repository:acme/doc:PULL'], []],
  [['repository:acme/do\0c:push', 'repository:acme/d\nc:push', 'repository:acme/<doc>:push'], []],
])('the scopes %j', (texts, expected) => {
  expect(parseScopes(texts).map(({ type, name, actions }) => [type, name, actions])).toEqual(expected);
});

test.each([
  [
    'Bearer realm="https://a.example/token",service="a.example",scope="repository:x:pull"',
    ['a.example', 'repository:x:pull'],
  ],
  ['bearer Realm="https://a.example/token"', [undefined, undefined]],
])('the challenge %s', (header, expected) => {
  const challenge = parseChallenge(header);
  expect(challenge?.realm.href).toBe('https://a.example/token');
  expect([challenge?.service, challenge?.scope]).toEqual(expected);
});

test.each([[null], [''], ['Basic realm="x"'], ['Bearer service="x"'], ['Bearer realm="nonsense"']])(
  '%j requests no token',
  (header) => {
    expect(parseChallenge(header)).toBeUndefined();
  },
);
