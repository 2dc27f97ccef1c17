import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import type { TokenRoute } from '../../src/platform/tokens.js';
import { addBackendHeaders, addCorsHeaders } from '../../src/proxy/headers.js';

function routeOf(more: Partial<TokenRoute> = {}): TokenRoute {
  const backend = { id: 'abc' } as unknown as TokenRoute['backend'];
  return {
    token: 'TOKEN',
    secretToken: 'SECRET',
    backend,
    user: undefined,
    userData: undefined,
    connections: 0,
    lastUsedMs: 0,
    ...more,
  };
}

/** Header names are lower case by the time they are seen, as Node.js does it. */
function requestOf(headers: Record<string, string | string[]>, url = '/TOKEN/a?b'): IncomingMessage {
  return { url, headers, socket: { remoteAddress: '127.0.0.1' } } as unknown as IncomingMessage;
}

/** The headers a backend sees. */
function seen(headers: Record<string, string | string[]> = {}, route = routeOf(), url?: string) {
  const request = requestOf({ host: 'localhost:9090', ...headers }, url);
  addBackendHeaders(request, route);
  return request.headers;
}

describe('Proxy: headers', () => {
  describe('a backend sees', () => {
    test('who is connected and how it came', () => {
      expect(seen({ cookie: 'x=1' }, routeOf({ user: 'ann', userData: '{"role":"editor"}' }))).toEqual({
        host: 'localhost:9090',
        cookie: 'x=1',
        'x-verified-username': 'ann',
        'x-verified-user-data': '{"role":"editor"}',
        'x-verified-path': '/TOKEN/a',
        'x-verified-backend': 'abc',
        'x-verified-secret': 'SECRET',
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-proto': 'http',
        'x-forwarded-host': 'localhost:9090',
      });
    });

    test('no secret with a static token, which has none, and the path as it was', () => {
      const headers = seen({ 'x-verified-secret': 'forged' }, routeOf({ secretToken: undefined }), '/s.TOKEN/a?b');
      expect(headers).not.toHaveProperty('x-verified-secret');
      expect(headers['x-verified-path']).toBe('/s.TOKEN/a');
    });

    test('no x-verified-* of the client’s, known or not', () => {
      const headers = seen({
        'x-verified-username': 'forged',
        'x-verified-user-data': '{"admin":true}',
        'x-verified-secret': 'forged',
        'x-verified-path': '/forged',
        'x-verified-anything': 'forged',
        'x-verified-': 'forged',
        'x-verified': 'not ours',
      });
      expect(JSON.stringify(headers)).not.toMatch(/forged|admin/);
      expect(headers['x-verified-username']).toBeUndefined();
      expect(headers['x-verified-user-data']).toBeUndefined();
      expect(headers['x-verified']).toBe('not ours');
    });

    test.each([
      ['/TOKEN/a%20b//c?d=e', '/TOKEN/a%20b//c'],
      ['/TOKEN', '/TOKEN'],
      ['/TOKEN?x?y', '/TOKEN'],
    ])('of the target %s the path %s, before the token was taken off', (url, path) => {
      expect(seen({}, routeOf(), url)['x-verified-path']).toBe(path);
    });

    test.each([
      ['grüße 🦊', 'grüße 🦊'],
      ['a\r\nx-verified-secret: forged', 'ax-verified-secret: forged'],
      ['a\0b\tc\u007fd\u0085e', 'abcde'],
      ['', ''],
    ])('the user %j as UTF-8 bytes that are one header', (user, text) => {
      const value = String(seen({}, routeOf({ user }))['x-verified-username']);
      expect(Buffer.from(value, 'latin1').toString('utf8')).toBe(text);
      expect(value).toMatch(/^[\u0020-\u007e\u0080-\u00ff]*$/);
    });

    test('through which proxies it came', () => {
      expect(
        seen({ 'x-forwarded-for': '10.0.0.1', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'app.example' }),
      ).toMatchObject({
        'x-forwarded-for': '10.0.0.1, 127.0.0.1',
        'x-forwarded-proto': 'https',
        'x-forwarded-host': 'app.example',
      });
    });
  });

  describe('an answer', () => {
    test('may be read by every page', () => {
      const headers = { 'content-type': 'text/html' };
      addCorsHeaders(headers);
      expect(headers).toEqual({
        'content-type': 'text/html',
        'access-control-allow-origin': '*',
        'access-control-allow-methods': '*',
        'access-control-allow-headers': '*, Authorization',
      });
    });

    test.each(['access-control-allow-origin', 'access-control-allow-credentials', 'access-control-max-age'])(
      'keeps to what the backend says when it sets %s itself',
      (name) => {
        const headers = { [name]: 'x' };
        addCorsHeaders(headers);
        expect(headers).toEqual({ [name]: 'x' });
      },
    );
  });
});
