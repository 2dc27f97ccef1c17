import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseConnectionPath, pathForBackend } from '../../src/proxy/connection-path.js';

describe('Proxy: paths', () => {
  test.each([
    ['/TOKEN/', '/'],
    ['/TOKEN', '/'],
    ['/TOKEN?', '/?'],
    ['/TOKEN?a=b', '/?a=b'],
    ['/TOKEN/?', '/?'],
    ['/TOKEN/a/b?c=d&e', '/a/b?c=d&e'],
    ['/TOKEN//a///b/', '//a///b/'],
    ['/TOKEN/%2F%20%zz/..%2f', '/%2F%20%zz/..%2f'],
    ['/TOKEN/../x/./y', '/../x/./y'],
    ['/TOKEN/a?b?c/d', '/a?b?c/d'],
    ['/TOKEN?/a', '/?/a'],
    ['/TOKEN/ready', '/ready'],
    ['http://localhost:9090/TOKEN/a?b', '/a?b'],
    ['HTTP://[::1]:9090/TOKEN', '/'],
    ['/TOKEN/http://other/x', '/http://other/x'],
  ])('%s reaches the backend as %s', (target, rest) => {
    expect(parseConnectionPath(target)).toEqual({ kind: 'token', token: 'TOKEN', rest });
  });

  test.each([
    '/s.TOKEN/',
    '/s.TOKEN',
    '/s.TOKEN?',
    '/s.TOKEN?a=b',
    '/s.TOKEN/a/b?c=d&e',
    '/s.TOKEN//a///b/%2F/../x',
    '/s.TOKEN#a',
  ])('a static token stays in the path: %s', (target) => {
    expect(parseConnectionPath(target)).toEqual({ kind: 'token', token: 's.TOKEN', rest: target });
    expect(parseConnectionPath(`http://localhost:9090${target}`)).toMatchObject({ token: 's.TOKEN', rest: target });
    expect(pathForBackend(target)).toBe(target);
  });

  test.each([
    ['/s/x', '/x'],
    ['/S.TOKEN/x', '/x'],
    ['/TOKEN/s.x/y', '/s.x/y'],
  ])('the token of %s is not static', (target, rest) => {
    expect(parseConnectionPath(target)).toMatchObject({ kind: 'token', rest });
  });

  test('the token is not decoded', () => {
    expect(parseConnectionPath('/a%2Fb;c/x')).toEqual({ kind: 'token', token: 'a%2Fb;c', rest: '/x' });
  });

  test.each([
    '/',
    '',
    '//',
    '//TOKEN/',
    '/?TOKEN',
    '/?',
    '*',
    'http://localhost:9090',
    'http://localhost:9090?x',
    'http://localhost/',
  ])('%j contains no token', (target) => {
    expect(parseConnectionPath(target)).toEqual({ kind: 'no-token' });
  });

  test.each(['/ready', '/ready?', '/ready?x=1', 'http://localhost:9090/ready'])(
    '%s requests the health check',
    (target) => {
      expect(parseConnectionPath(target)).toEqual({ kind: 'health' });
    },
  );

  test.each([
    ['/ready/', 'ready'],
    ['/ready/x', 'ready'],
    ['/readyx', 'readyx'],
    ['/Ready', 'Ready'],
  ])('%s does not request the health check', (target, token) => {
    expect(parseConnectionPath(target)).toMatchObject({ kind: 'token', token });
  });

  test('everything after the token reaches the backend byte for byte', () => {
    const character = fc.oneof(
      fc.constantFrom(...'/?%&=.#:@\\ '),
      fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 1 }),
      fc.constantFrom('\u00ff', '\n'),
    );
    const token = fc.stringMatching(/^[\w-]{43}$/);
    fc.assert(
      fc.property(token, fc.string({ unit: character }), (name, rest) => {
        expect(parseConnectionPath(`/${name}/${rest}`)).toEqual({ kind: 'token', token: name, rest: `/${rest}` });
        expect(parseConnectionPath(`/${name}?${rest}`)).toEqual({ kind: 'token', token: name, rest: `/?${rest}` });
      }),
    );
  });

  test.each([
    ['/TOKEN/a//b?c', '/a//b?c'],
    ['/TOKEN', '/'],
    ['/ready', '/ready'],
    ['/', '/'],
    ['*', '*'],
  ])('the path for the backend of %s is %s', (target, path) => {
    expect(pathForBackend(target)).toBe(path);
  });
});
