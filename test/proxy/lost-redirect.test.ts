import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findLostRedirect } from '../../src/proxy/lost-redirect.js';

const TOKEN = 'T'.repeat(43);
const STATIC = `s.${'S'.repeat(43)}`;
const OTHER = 'O'.repeat(43);

interface Asked {
  path?: string;
  token?: string | undefined;
  host?: string;
  publicUrl?: URL;
}

function find(
  location: string,
  { path = `/${TOKEN}/a/b`, token = TOKEN, host = 'localhost:9090', publicUrl }: Asked = {},
) {
  return findLostRedirect({
    publicUrl,
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

describe('behind a public URL for https', () => {
  const publicUrl = new URL('https://app.tunnel.example');
  // Some tunnels keep the name that clients use, others set the name of this machine.
  const HOSTS = ['app.tunnel.example', 'localhost:9090'];

  test.each([
    ['/hello?a=1#b', '/hello?a=1#b'],
    ['../../hello', '/hello'],
    ['https://app.tunnel.example/hello', '/hello'],
    ['https://app.tunnel.example:443/hello', '/hello'],
    ['http://app.tunnel.example/hello', '/hello'],
    ['//app.tunnel.example/hello', '/hello'],
    ['https://127.0.0.1:9090/hello', '/hello'],
    ['http://127.0.0.1:4711/hello', '/hello'],
    ['https://0.0.0.0:4711/hello', '/hello'],
  ])('%s loses the token', (location, path) => {
    for (const host of HOSTS) expect(find(location, { host, publicUrl })).toBe(`/${TOKEN}${path}`);
  });

  test.each([
    'hello',
    '../hello',
    'https://other.example/hello',
    'https://app.tunnel.example:8443/hello',
    'https://user@app.tunnel.example/hello',
    'ftp://app.tunnel.example/hello',
    `https://app.tunnel.example/${TOKEN}/hello`,
    `https://app.tunnel.example/${OTHER}/`,
  ])('%s is left alone', (location) => {
    for (const host of HOSTS) expect(find(location, { host, publicUrl })).toBeUndefined();
  });

  test('a public URL for http changes nothing about https', () => {
    const plain = new URL('http://app.tunnel.example');
    expect(find('https://app.tunnel.example/hello', { publicUrl: plain })).toBeUndefined();
    expect(find('http://app.tunnel.example/hello', { publicUrl: plain })).toBe(`/${TOKEN}/hello`);
  });
});

describe.each(['http', 'https'])('behind a public %s URL with a path, which the proxy does not see', (scheme) => {
  const publicUrl = new URL(`${scheme}://tunnel.example/jam/`);

  test.each([
    [`/${TOKEN}/a/b`, '/hello', `/${TOKEN}/hello`],
    [`/${TOKEN}/a/b?x=/y`, '/hello?z', `/${TOKEN}/hello?z`],
    [`/${TOKEN}/`, '/hello', `/${TOKEN}/hello`],
    [`/${TOKEN}`, '/hello', `/${TOKEN}/hello`],
    [`/${TOKEN}/a/`, '//tunnel.example/x//y', `/${TOKEN}/x//y`],
    [`/${STATIC}/a/b/c`, '/hello', `/${STATIC}/hello`],
  ])('from %s, %s leads to %s', (path, location, target) => {
    const token = path.split(/[/?]/)[1];
    const found = find(location, { path, token, host: 'localhost:9090', publicUrl });
    expect(new URL(found ?? '', `${scheme}://tunnel.example/jam${path}`).href).toBe(
      `${scheme}://tunnel.example/jam${target}`,
    );
    // A client on this machine may not use the tunnel.
    expect(new URL(found ?? '', `http://localhost:9090${path}`).href).toBe(`http://localhost:9090${target}`);
  });

  test.each([`${scheme}://tunnel.example/jam/${TOKEN}/x`, `/${TOKEN}/x`, 'hello'])('%s is left alone', (location) => {
    expect(find(location, { host: 'tunnel.example', publicUrl })).toBeUndefined();
  });
});

test('a connection URL without its trailing slash loses the token in relative redirects', () => {
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

test('any redirect has a target with a token, or elsewhere, or as the backend intended', () => {
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
