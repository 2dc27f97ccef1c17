import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findLostRedirect } from '../../src/proxy/lost-redirect.js';

const TOKEN = 'T'.repeat(43);
const STATIC = `s.${'S'.repeat(43)}`;
const OTHER = 'O'.repeat(43);

function find(location: string, { path = `/${TOKEN}/a/b`, token = TOKEN, host = 'localhost:9090' } = {}) {
  return findLostRedirect({
    location,
    path,
    token,
    host,
    ownHosts: ['127.0.0.1:4711', '0.0.0.0:4711', '127.0.0.1:9090'],
    isConnection: (each) => [TOKEN, STATIC, OTHER].includes(each.split('/')[1] ?? ''),
  });
}

test.each([
  ['/hello', '/hello'],
  ['/', '/'],
  ['/hello?a=1&b=%2F#c', '/hello?a=1&b=%2F#c'],
  ['/caf\u00e9/a b', '/caf\u00e9/a b'],
  ['/a/../hello', '/a/../hello'],
  ['/../../hello', '/hello'],
  ['../../hello', '/hello'],
  ['http://localhost:9090/hello', '/hello'],
  ['HTTP://LocalHost:9090/hello?x', '/hello?x'],
  ['http://localhost:9090', '/'],
  ['http://localhost:9090?x', '/?x'],
  ['//localhost:9090/hello', '/hello'],
  ['http://127.0.0.1:4711/hello', '/hello'],
  ['http://0.0.0.0:4711/hello', '/hello'],
  ['http://127.0.0.1:9090/hello', '/hello'],
  ['/ready', '/ready'],
  ['/favicon.ico', '/favicon.ico'],
])('%s loses the token', (location, path) => {
  expect(find(location)).toBe(`/${TOKEN}${path}`);
  expect(find(location, { path: `/${STATIC}/a/b`, token: STATIC })).toBe(
    location.startsWith('../') ? `/${STATIC}/hello` : `/${STATIC}${path}`,
  );
});

test.each([
  'hello',
  './hello',
  '../hello',
  '?x=1',
  '#part',
  '',
  '//other.example/hello',
  '/\\other.example/hello',
  '\\\\other.example/hello',
  'http://other.example/hello',
  'https://localhost:9090/hello',
  'http://localhost:9091/hello',
  'http://localhost:8080/ready/x/y/',
  'http://user@localhost:9090/hello',
  'mailto:somebody@example.com',
  'myapp://open',
  'http://[broken',
  `/${TOKEN}/hello`,
  `http://localhost:9090/${TOKEN}/hello`,
  `/${OTHER}/`,
  `http://localhost:9090/${OTHER}/hello?x`,
])('%j is left alone', (location) => {
  expect(find(location)).toBeUndefined();
});

test('a connection URL without its last slash loses what is relative to it', () => {
  const path = `/${TOKEN}`;
  expect(find('hello', { path })).toBe(`/${TOKEN}/hello`);
  expect(find('?x=1', { path })).toBeUndefined();
  expect(find(`${TOKEN}/hello`, { path })).toBeUndefined();
});

test('a backend with a static token knows its path, and redirects within it', () => {
  const at = { path: `/${STATIC}/a/b`, token: STATIC };
  for (const location of [`/${STATIC}/hello`, 'hello', '../hello', '?x', `http://localhost:9090/${STATIC}`]) {
    expect(find(location, at)).toBeUndefined();
  }
});

test('wherever a redirect leads, its target has a token, or is elsewhere, or is where the backend meant', () => {
  const piece = fc.constantFrom(
    '/',
    '..',
    '.',
    'a',
    '?',
    '#',
    '\\',
    '//',
    'localhost:9090',
    TOKEN,
    'http:',
    '%2F',
    ' ',
  );
  const location = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(location, (text) => {
      const seen = `http://localhost:9090/${TOKEN}/a/b`;
      const target = find(text) ?? text;
      if (!URL.canParse(target, seen)) return;
      const { host, pathname } = new URL(target, seen);
      expect(host !== 'localhost:9090' || pathname.split('/')[1] === TOKEN).toBe(true);
      if (find(text) !== undefined) expect(find(target)).toBeUndefined();
    }),
    { numRuns: 2_000 },
  );
});
