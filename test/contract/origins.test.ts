import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseLocalOrigin } from '../../src/contract/origins.js';

test.each([
  ['http://localhost', 'localhost', 80],
  ['https://localhost', 'localhost', 443],
  ['http://localhost:5173', 'localhost', 5173],
  ['https://localhost:5173', 'localhost', 5173],
  ['http://app.localhost:9090', 'app.localhost', 9090],
  ['http://127.0.0.1:3000', '127.0.0.1', 3000],
  ['http://127.8.9.1', '127.8.9.1', 80],
  ['http://[::1]:3000', '[::1]', 3000],
])('%s is a page on this machine', (origin, name, port) => {
  expect(parseLocalOrigin(origin)).toEqual({ origin, name, port });
});

test.each([
  '',
  'null',
  'http://evil.example',
  'https://localhost.evil.example',
  'https://evil.example/http://localhost',
  'http://localhost@evil.example',
  'http://evil.example@localhost',
  'http://:@localhost',
  'http://evil.com?.localhost',
  'http://evil.com\\.localhost',
  'http://evil.com/.localhost',
  'http://evil.com#.localhost',
  'http://evil.com%2f.localhost',
  'http://evil.com%2elocalhost',
  'http://evil.com%00.localhost',
  'http://evil.com:80.localhost',
  'http://evil.com;.localhost',
  'http://localhost?',
  'http://localhost#',
  'http://localhost\\',
  'http:\\\\localhost',
  'http:localhost',
  'http:/localhost',
  'http:///localhost',
  'http://localhost/',
  'http://localhost:',
  'http://localhost:80',
  'https://localhost:443',
  'http://localhost:03000',
  'http://localhost:99999',
  'http://localhost:3000:4000',
  'http://localhost.',
  'http://localhost.:3000',
  'http://app.localhost.',
  'http://.localhost',
  'http://evil..localhost',
  'http://LOCALHOST',
  'HTTP://localhost',
  'http://evil。localhost',
  'http://evil．localhost',
  'http://ｌocalhost',
  'http://local\u00adhost',
  'http://local\thost',
  'http://lo\ncalhost',
  ' http://localhost',
  'http://localhost ',
  'http://127.1',
  'http://2130706433',
  'http://0x7f.0.0.1',
  'http://0177.0.0.1',
  'http://128.0.0.1',
  'http://127.0.0.1.evil.example',
  'http://[::1',
  'http://[0:0:0:0:0:0:0:1]',
  'http://[::ffff:127.0.0.1]',
  'http://[::ffff:7f00:1]',
  'http://[::2]',
  'http://0.0.0.0',
  'http://localhost, http://evil.example',
  'http://localhost,http://localhost',
  'http://localhost http://evil.example',
  'file://localhost',
  'file://',
  'ws://localhost',
  'ftp://localhost',
  'blob:http://localhost',
  'data:text/html,x',
  'about:blank',
  'chrome-extension://localhost',
  'moz-extension://localhost',
  'localhost',
  '//localhost',
  'http://host.docker.internal',
  'http://xn--localhost-.example',
])('%j is not', (origin) => {
  expect(parseLocalOrigin(origin)).toBeUndefined();
});

const anything = fc.stringMatching(/^[ -~]{0,12}$/);

test('with any text around "localhost", only a valid origin of this machine is accepted', () => {
  const around = fc.tuple(fc.constantFrom('http://', 'https://', 'http:', 'HTTP://', ''), anything, anything);
  fc.assert(
    fc.property(around, ([scheme, before, after]) => {
      const origin = `${scheme}${before}localhost${after}`;
      const page = parseLocalOrigin(origin);
      if (page === undefined) return;
      // An independent reading of RFC 6454: scheme, host and port, without any character that ends a host early.
      expect(origin).toMatch(/^https?:\/\/(?:[^\s/\\?#@:%[\]]+\.)*localhost(?::(?:0|[1-9]\d{0,4}))?$/);
      const { hostname, origin: read } = new URL(origin);
      expect(read).toBe(origin);
      expect(hostname === 'localhost' || hostname.endsWith('.localhost')).toBe(true);
    }),
    { numRuns: 3_000 },
  );
});

test('the origin of every URL on this machine is accepted, whatever else the URL contains', () => {
  const host = fc.constantFrom('localhost', 'LOCALHOST', 'a.localhost', '127.0.0.1', '127.9.1', '[::1]');
  fc.assert(
    fc.property(
      fc.constantFrom('http', 'https'),
      host,
      fc.integer({ min: 1, max: 65_535 }),
      fc.webPath(),
      (...parts) => {
        const [scheme, name, port, path] = parts;
        const url = new URL(`${scheme}://${name}:${port}${path}`);
        expect(parseLocalOrigin(url.origin)).toEqual({ origin: url.origin, name: url.hostname, port });
      },
    ),
  );
});

test('no page of another machine is accepted as one of this machine', () => {
  fc.assert(
    fc.property(fc.webUrl({ withFragments: true, withQueryParameters: true }), anything, (url, tail) => {
      for (const origin of [
        new URL(url).origin,
        url,
        `${url}${tail}.localhost`,
        `${url}\\.localhost`,
        `${url}?.localhost`,
      ]) {
        const page = parseLocalOrigin(origin);
        if (page !== undefined) expect(page.name).toMatch(/(^|\.)localhost$/);
        if (page !== undefined) expect(new URL(origin).hostname).toBe(page.name);
      }
    }),
  );
});
